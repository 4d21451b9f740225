"""A revision that must not succeed, for tests: it leaves clients whose practitioner is gone."""

from alembic import op

revision = "9999"
down_revision = "LAST"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM users")
