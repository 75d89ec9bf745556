"""Alembic's entry point: runs the revisions on the connection of :func:`.upgrade`."""

from alembic import context


def run_migrations() -> None:
    """Run the pending revisions within the caller's transaction."""
    context.configure(connection=context.config.attributes["connection"])
    context.run_migrations()


if __name__ == "env_py":  # The name under which Alembic executes this file.
    run_migrations()
