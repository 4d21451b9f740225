"""A later revision, for tests: alters tables that others point to, and changes rows."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "LAST"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("practices", "users"):  # nearly everything points to these
        with op.batch_alter_table(table) as batch:
            batch.alter_column("name", existing_type=sa.String(200), type_=sa.String(300), existing_nullable=False)
    with op.batch_alter_table("audit_entries") as batch:
        batch.alter_column("actor", existing_type=sa.String(80), type_=sa.String(90), existing_nullable=False)
    with op.batch_alter_table("clients") as batch:
        batch.add_column(sa.Column("nickname", sa.String(20)))
        batch.alter_column("version", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)
    op.execute("UPDATE clients SET nickname = 'was altered'")
