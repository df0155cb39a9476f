"""`python client.py SOCKET MODULE ARGUMENT...`: have the server run a module with all that is this process's own.

It ends as the module's process did, by the same signal if it was killed. It imports next to nothing, to be quick.
"""

import marshal
import os
import socket
import sys


def main(address: str, *arguments: str) -> int:
    """Send what makes a process, and wait for its end."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        own = marshal.dumps((arguments, dict(os.environ), os.getcwd()))  # noqa: PTH109  quick
        socket.send_fds(connection, [len(own).to_bytes(4, "big")], [0, 1, 2])
        connection.sendall(own)
        status = int(connection.makefile().readline())
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)
