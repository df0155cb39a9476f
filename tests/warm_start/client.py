"""`python client.py SOCKET MODULE ARGUMENT...`: have the server run a module with all that is this process's own.

It passes on the signals that ask a process to end, and ends as the module's process did, by the same signal if it was
killed. It imports next to nothing, to be quick.
"""

import marshal
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGINT, signal.SIGTERM)


def main(address: str, *arguments: str) -> int:
    """Send what makes a process, and wait for its end."""
    processes: list[int] = []
    too_early: list[int] = []

    def pass_on(number: int, _: object) -> None:
        if not processes:
            too_early.append(number)
        for process in processes:
            os.kill(process, number)

    for each in PASSED_ON:
        signal.signal(each, pass_on)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        own = marshal.dumps((arguments, dict(os.environ), os.getcwd()))  # noqa: PTH109  quick
        socket.send_fds(connection, [len(own).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(own)
        answers = connection.makefile()
        processes.append(int(answers.readline()))
        for each in too_early:
            pass_on(each, None)
        status = int(answers.readline())
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    if code < 0:
        if -code in PASSED_ON:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
