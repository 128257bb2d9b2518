#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A terminal with somebody at it: console.py COMMAND...

Runs the command on a terminal of its own, as init would. Lines of standard input are what the person does:
"wait TEXT" until that text is shown, "say TEXT" types it. Ends with the command; prints what was shown.
"""
import os
import pty
import select
import sys
import time

LIMIT_S = 60 * int(os.environ.get("WHODID_TEST_SLOW", "1"))


class Terminal:
    """The person's side."""

    def __init__(self, command):
        self.shown, self.end = "", time.monotonic() + LIMIT_S
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)

    def look(self):
        """False when nobody is at the other end any more."""
        if time.monotonic() > self.end:
            sys.exit("console: nothing more came; shown: " + self.shown)
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            got = os.read(self.fd, 4096)
        except OSError:  # between vhangup(2) and the next open the line is dead
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0 and (time.sleep(0.05) or True)
        self.shown += got.decode(errors="replace")
        return bool(got)

    def wait(self, text):
        """What was waited for before is not seen again."""
        while text not in self.shown:
            if not self.look():
                sys.exit("console: it ended before " + text + "; shown: " + self.shown)
        before, _, self.shown = self.shown.partition(text)
        print(before + text, end="")

    def say(self, text):
        """With the Enter key."""
        os.write(self.fd, text.encode() + b"\n")


def main():
    """One after the other."""
    terminal = Terminal(sys.argv[1:])
    for line in sys.stdin:
        verb, _, text = line.rstrip("\n").partition(" ")
        {"wait": terminal.wait, "say": terminal.say}[verb](text)
    while terminal.look():
        pass
    print(terminal.shown)


main()
