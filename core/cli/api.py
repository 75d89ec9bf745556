"""Command ``api``: serves the HTTP API without the pages."""

from collections.abc import Sequence

import click

from core.cli.shared import help_examples


@click.command(
    "api",
    epilog=help_examples("api", "api --port 8080", "api --host 0.0.0.0 --name genekin.example.org"),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8502, show_default=True)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="Name by which clients address the server, besides localhost and addresses; repeatable.",
)
def api_command(host: str, port: int, names: Sequence[str]) -> None:
    """Serve the HTTP API (docs/api.md). The dashboard serves it too."""
    from core.api.server import serve  # Imported when run: see core.cli.
    from core.settings import read_settings

    serve(read_settings(), host, port, names)
