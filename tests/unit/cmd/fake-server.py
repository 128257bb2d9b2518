#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon of paper: answers on a unix socket in the way that a test asks for.

usage: fake-server.py SOCKET MODE. It logs each request's path to SOCKET.log. Modes:
  good     events.ndjson, an answer that is complete, a status
  lossy    the same with a gap
  stream   endless events until the client goes
  denied, bad, missing, broken   403, 400, 404, a connection that ends in the middle
  silent   never answers
"""
import json
import os
import socketserver
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOCKET, MODE = sys.argv[1:3]
with open(os.path.join(HERE, "events.ndjson"), encoding="utf-8") as f:
    EVENTS = f.read()
GAP = {"from": "2026-11-23T16:02:16Z", "to": "2026-11-23T16:02:17Z", "events": 212,
       "why": "ring_buffer"}
STATUS = {"version": "9.9", "host": {"name": "h", "kernel": "6.1"}, "uptime_ms": 1000,
          "hooks": [{"name": "on_exec", "what": "exec", "attached": MODE != "lossy"}],
          "events": {"total": 100}, "loss": {"total": 0, "by_type": {"exec": 0}}}
ERRORS = {"denied": (403, "you may not look", "ask root"),
          "bad": (400, "filter word \"x\": no such field", "see whodid-filters(7)"),
          "missing": (404, "no event of that id is kept", "")}


class Handler(socketserver.StreamRequestHandler):
    """One request for each connection."""

    def say(self, text):
        """A chunk."""
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def events(self, path):
        """A history or a stream."""
        if "/stream" in path:
            self.say(EVENTS + '{"schema":"whodid.gap/1.0","lost":77}\n\n')
            while MODE == "stream":
                self.say(EVENTS)
            return
        lost = MODE == "lossy"
        answer = {"schema": "whodid.answer/1.0", "events": 9, "complete": not lost,
                  "oldest_time": "2026-11-23T16:00:00Z", "gaps": [GAP] if lost else [],
                  "lost": 212 if lost else 0, "more": "limit=" in path}
        lines = EVENTS.splitlines()
        if "order=desc" in path:
            lines.reverse()
        self.say("\n".join(lines) + "\n")
        self.say(json.dumps(answer) + "\n")

    def handle(self):
        path = self.rfile.readline().decode().split(" ")[1]
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        with open(SOCKET + ".log", "a", encoding="utf-8") as log:
            log.write(path + "\n")
        if MODE == "silent":
            self.rfile.read()
            return
        code, what, remedy = ERRORS.get(MODE, (200, "", ""))
        try:
            self.wfile.write(b"HTTP/1.1 %d x\r\nTransfer-Encoding: chunked\r\n\r\n" % code)
            if code != 200:
                self.say(json.dumps({"error": {"what": what, "remedy": remedy}}))
            elif MODE == "broken":
                self.say(EVENTS[:500])
                return
            elif "/status" in path:
                self.say(json.dumps(STATUS))
            else:
                self.events(path)
            self.wfile.write(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass


class Server(socketserver.ThreadingUnixStreamServer):
    """Threads end with the test."""
    daemon_threads = True


Server(SOCKET, Handler).serve_forever()
