"""A TCP proxy that can freeze, slow or cut the stream between a client and a server."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Self


class Proxy:
    """A proxy in a thread of its own, in front of a server on this machine.

    Attributes
    ----------
    port
        Port to connect to.
    seen
        Bytes that clients have sent so far.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay = 0.0
        self._trigger: tuple[int, Callable[[], None]] | None = None
        self.seen = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def slow(self, seconds: float) -> None:
        """Delay every piece of the stream."""
        self._delay = seconds

    def cut(self) -> None:
        """Break all connections; new ones are accepted."""
        self._loop.call_soon_threadsafe(self._break)

    def cut_after(self, sent: int) -> None:
        """Break all connections once clients have sent so many bytes from now on."""
        self._trigger = self.seen + sent, self._break

    def freeze_after(self, sent: int, seconds: float) -> None:
        """Let nothing through for a while, once clients have sent so many bytes from now on."""

        def freeze() -> None:
            self._flowing.clear()
            self._loop.call_later(seconds, self._flowing.set)

        self._trigger = self.seen + sent, freeze

    def _run(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._flowing.set()
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        self._server.close()
        self._break()
        self._flowing.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target_reader, target = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, target}
        self._writers |= both
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                self._pump(reader, target, counted=True), self._pump(target_reader, writer)
            )
        self._writers -= both
        for one in both:
            one.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        counted: bool = False,
    ) -> None:
        while data := await reader.read(1 << 16):
            if counted:
                self.seen += len(data)
                self._act()
            await asyncio.sleep(self._delay)
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    def _act(self) -> None:
        if self._trigger is not None and self.seen >= self._trigger[0]:
            _, act = self._trigger
            self._trigger = None
            act()
