"""`python client.py SOCKET MODULE ARGUMENT...`: have the server run a module with all that is this process's own.

It passes on the signals that ask a process to end, and ends as the module's process did, by the same signal if it was
killed. It takes the parts of `os`, `signal` and `socket` that are written in C: to import the rest would take it longer
than all it does.
"""

import _signal
import _socket
import marshal
import posix
import sys

PASSED_ON = (_signal.SIGINT, _signal.SIGTERM)
NUMBER = 8
"""How many characters the server writes a number with."""


def main(address: str, *arguments: str) -> int:
    """Send what makes a process, and wait for its end; return how it ended."""
    processes: list[int] = []
    too_early: list[int] = []

    def pass_on(number: int, _: object) -> None:
        if not processes:
            too_early.append(number)
        for process in processes:
            posix.kill(process, number)

    for each in PASSED_ON:
        _signal.signal(each, pass_on)
    connection = _socket.socket(_socket.AF_UNIX)
    connection.connect(address)
    own = marshal.dumps((arguments, posix.environ, posix.getcwd()))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    size = len(own).to_bytes(4, "big")
    connection.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    connection.sendall(own)
    processes.append(int(connection.recv(NUMBER)))
    for each in too_early:
        pass_on(each, None)
    return int(connection.recv(NUMBER))


if __name__ == "__main__":
    status = main(*sys.argv[1:])
    if posix.WIFSIGNALED(status):
        killed_by = posix.WTERMSIG(status)
        if killed_by in PASSED_ON:
            _signal.signal(killed_by, _signal.SIG_DFL)
        posix.kill(posix.getpid(), killed_by)
    posix._exit(posix.WEXITSTATUS(status))
