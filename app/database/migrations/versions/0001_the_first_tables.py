"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("practice_id", "sequence", name=op.f("uq_audit_entries_practice_id")),
    )
    op.create_index(op.f("ix_audit_entries_object_id"), "audit_entries", ["object_id"])
    op.create_index(op.f("ix_audit_entries_practice_id"), "audit_entries", ["practice_id"])

    op.create_table(
        "deletions",
        sa.Column("object_id", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletions")),
    )
    op.create_index(op.f("ix_deletions_done_at"), "deletions", ["done_at"])
    op.create_index(op.f("ix_deletions_erased_at"), "deletions", ["erased_at"])
    op.create_index(op.f("ix_deletions_object_id"), "deletions", ["object_id"])
    op.create_index(op.f("ix_deletions_practice_id"), "deletions", ["practice_id"])

    op.create_table(
        "practices",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("ai_enabled", sa.Boolean(), nullable=False),
        sa.Column("templates_added", sa.Boolean(), nullable=False),
        sa.Column("retention_hours", sa.Integer(), nullable=False),
        sa.Column("opens_minutes_before", sa.Integer(), nullable=False),
        sa.Column("closes_minutes_after", sa.Integer(), nullable=False),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("note_settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index(op.f("ix_sign_in_attempts_subject"), "sign_in_attempts", ["subject", "at"])

    op.create_table(
        "tasks",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_tasks_kind")),
    )
    op.create_index(op.f("ix_tasks_appointment_id"), "tasks", ["appointment_id"])
    op.create_index(op.f("ix_tasks_practice_id"), "tasks", ["practice_id"])
    op.create_index(op.f("ix_tasks_practitioner_id"), "tasks", ["practitioner_id"])
    op.create_index(op.f("ix_tasks_state"), "tasks", ["state"])

    op.create_table(
        "traces",
        sa.Column("revision_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traces")),
        sa.UniqueConstraint("revision_id", "kind", name=op.f("uq_traces_revision_id")),
    )
    op.create_index(op.f("ix_traces_practice_id"), "traces", ["practice_id"])
    op.create_index(op.f("ix_traces_revision_id"), "traces", ["revision_id"])
    op.create_index(op.f("ix_traces_sent_at"), "traces", ["sent_at"])

    op.create_table(
        "templates",
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("base", sa.String(length=40), nullable=True),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.Column("note_settings", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_templates_practice_id_practices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
    )
    op.create_index(op.f("ix_templates_practice_id"), "templates", ["practice_id"])

    op.create_table(
        "users",
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("oidc_subject", sa.String(length=300), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practices.id"], name=op.f("fk_users_practice_id_practices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_users_oidc_subject")),
    )
    op.create_index(op.f("ix_users_practice_id"), "users", ["practice_id"])

    op.create_table(
        "api_tokens",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_practice_id"), "api_tokens", ["practice_id"])
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])

    op.create_table(
        "clients",
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["users.id"], name=op.f("fk_clients_practitioner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_index(op.f("ix_clients_practice_id"), "clients", ["practice_id"])
    op.create_index(op.f("ix_clients_practitioner_id"), "clients", ["practitioner_id"])

    op.create_table(
        "notifications",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_practice_id"), "notifications", ["practice_id"])
    op.create_index(op.f("ix_notifications_user_id"), "notifications", ["user_id"])

    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index(op.f("ix_sign_ins_practice_id"), "sign_ins", ["practice_id"])
    op.create_index(op.f("ix_sign_ins_user_id"), "sign_ins", ["user_id"])

    op.create_table(
        "appointments",
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cpt", sa.String(length=10), nullable=True),
        sa.Column("telehealth", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times_confirmed", sa.Boolean(), nullable=False),
        sa.Column("link_digest", sa.String(length=64), nullable=True),
        sa.Column("link_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_appointments_client_id_clients")),
        sa.ForeignKeyConstraint(["practitioner_id"], ["users.id"], name=op.f("fk_appointments_practitioner_id_users")),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_appointments_template_id_templates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_appointments_link_digest")),
    )
    op.create_index(op.f("ix_appointments_client_id"), "appointments", ["client_id"])
    op.create_index(op.f("ix_appointments_practice_id"), "appointments", ["practice_id"])
    op.create_index(op.f("ix_appointments_practitioner_id"), "appointments", ["practitioner_id"])
    op.create_index(op.f("ix_appointments_starts_at"), "appointments", ["starts_at"])

    op.create_table(
        "calls",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("transcribing", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_calls_appointment_id_appointments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_appointment_id"), "calls", ["appointment_id"])
    op.create_index(op.f("ix_calls_practice_id"), "calls", ["practice_id"])
    op.create_index(op.f("ix_calls_practitioner_id"), "calls", ["practitioner_id"])

    op.create_table(
        "consents",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("given_by", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_consents_appointment_id_appointments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_appointment_id"), "consents", ["appointment_id"])
    op.create_index(op.f("ix_consents_practice_id"), "consents", ["practice_id"])
    op.create_index(op.f("ix_consents_practitioner_id"), "consents", ["practitioner_id"])

    op.create_table(
        "notes",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.String(length=36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_notes_appointment_id_appointments")
        ),
        sa.ForeignKeyConstraint(["signed_by"], ["users.id"], name=op.f("fk_notes_signed_by_users")),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_notes_template_id_templates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_notes_appointment_id")),
    )
    op.create_index(op.f("ix_notes_practice_id"), "notes", ["practice_id"])
    op.create_index(op.f("ix_notes_practitioner_id"), "notes", ["practitioner_id"])

    op.create_table(
        "session_summaries",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_session_summaries_appointment_id_appointments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_summaries")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_session_summaries_appointment_id")),
    )
    op.create_index(op.f("ix_session_summaries_practice_id"), "session_summaries", ["practice_id"])
    op.create_index(op.f("ix_session_summaries_practitioner_id"), "session_summaries", ["practitioner_id"])

    op.create_table(
        "transcripts",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("engine", sa.String(length=200), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("audio_seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_transcripts_appointment_id_appointments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_transcripts_appointment_id")),
    )
    op.create_index(op.f("ix_transcripts_ends_at"), "transcripts", ["ends_at"])
    op.create_index(op.f("ix_transcripts_practice_id"), "transcripts", ["practice_id"])
    op.create_index(op.f("ix_transcripts_practitioner_id"), "transcripts", ["practitioner_id"])

    op.create_table(
        "addenda",
        sa.Column("note_id", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by", sa.String(length=36), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_addenda_note_id_notes")),
        sa.ForeignKeyConstraint(["signed_by"], ["users.id"], name=op.f("fk_addenda_signed_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addenda")),
    )
    op.create_index(op.f("ix_addenda_appointment_id"), "addenda", ["appointment_id"])
    op.create_index(op.f("ix_addenda_note_id"), "addenda", ["note_id"])
    op.create_index(op.f("ix_addenda_practice_id"), "addenda", ["practice_id"])
    op.create_index(op.f("ix_addenda_practitioner_id"), "addenda", ["practitioner_id"])

    op.create_table(
        "recordings",
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("call_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("audio_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointments.id"], name=op.f("fk_recordings_appointment_id_appointments")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_recordings_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("call_id", name=op.f("uq_recordings_call_id")),
    )
    op.create_index(op.f("ix_recordings_appointment_id"), "recordings", ["appointment_id"])
    op.create_index(op.f("ix_recordings_practice_id"), "recordings", ["practice_id"])
    op.create_index(op.f("ix_recordings_practitioner_id"), "recordings", ["practitioner_id"])
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"])

    op.create_table(
        "revisions",
        sa.Column("note_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=True),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("lm", sa.String(length=200), nullable=False),
        sa.Column("program", sa.String(length=200), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_facts", sa.LargeBinary(), nullable=True),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_revisions_note_id_notes")),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_revisions_template_id_templates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("note_id", "number", name=op.f("uq_revisions_note_id")),
        sa.UniqueConstraint("task_id", name=op.f("uq_revisions_task_id")),
    )
    op.create_index(op.f("ix_revisions_appointment_id"), "revisions", ["appointment_id"])
    op.create_index(op.f("ix_revisions_note_id"), "revisions", ["note_id"])
    op.create_index(op.f("ix_revisions_practice_id"), "revisions", ["practice_id"])
    op.create_index(op.f("ix_revisions_practitioner_id"), "revisions", ["practitioner_id"])

    op.create_table(
        "feedback",
        sa.Column("revision_id", sa.String(length=36), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_feedback_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("revision_id", name=op.f("uq_feedback_revision_id")),
    )
    op.create_index(op.f("ix_feedback_appointment_id"), "feedback", ["appointment_id"])
    op.create_index(op.f("ix_feedback_practice_id"), "feedback", ["practice_id"])
    op.create_index(op.f("ix_feedback_practitioner_id"), "feedback", ["practitioner_id"])

    op.create_table(
        "tracks",
        sa.Column("recording_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("speaker", sa.String(length=10), nullable=False),
        sa.Column("offset_seconds", sa.Double(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=True),
        sa.Column("chunks", sa.Integer(), nullable=True),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.Column("practitioner_id", sa.String(length=36), nullable=False),
        sa.Column("practice_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_tracks_recording_id_recordings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracks")),
        sa.UniqueConstraint("recording_id", "name", name=op.f("uq_tracks_recording_id")),
    )
    op.create_index(op.f("ix_tracks_appointment_id"), "tracks", ["appointment_id"])
    op.create_index(op.f("ix_tracks_practice_id"), "tracks", ["practice_id"])
    op.create_index(op.f("ix_tracks_practitioner_id"), "tracks", ["practitioner_id"])
    op.create_index(op.f("ix_tracks_recording_id"), "tracks", ["recording_id"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup: what a later version wrote, an earlier one cannot read")
