#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what strace(1) saw of a service with what whodid says of it.

    oracle.py TRACES EVENTS MANAGER

TRACES holds one file per process (strace -ff -y), EVENTS the service's events as JSON lines. Prints a
line per kind, `execs: 120 in both, 0 missing, 0 more`, each difference, and as `# ...` those that have
a known reason. The manager's own process is no part of the service.
"""
import collections
import glob
import json
import os
import re
import sys

CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)(?:<(.*)>)?(?: (E\w+) .*)?$")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
EXITED = re.compile(r"^\+\+\+ exited with (\d+) \+\+\+$")
INET = re.compile(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
NOT_THERE = {"ENOENT", "ENOTDIR"}  # counted only, README.md says so


def unquote(text):
    return text.encode().decode("unicode_escape")


class Account:
    """What one of the two witnesses says; each list counts equal things."""

    def __init__(self):
        self.kinds = {name: collections.Counter() for name in
                      ("execs", "exits", "connects", "files read", "files written", "refused opens")}
        self.explained = collections.Counter()

    def add(self, kind, thing):
        self.kinds[kind][thing] += 1

    def add_once(self, kind, thing):
        self.kinds[kind][thing] = 1


def read_exec(account, pid, args, path):
    argv = [unquote(a) for a in QUOTED.findall(args[args.index("["):args.rindex("]")])]
    account.add("execs", (pid, path, tuple(argv[1:])))


def read_connect(account, pid, args, err):
    found = INET.search(args)
    if not found:
        return account.explained.update(["connects to unix sockets: events of their own kind"])
    account.add("connects", (pid, found.group(2), int(found.group(1)), err or "ok"))


def read_open(account, args, path, err):
    """path is that of the descriptor, as the kernel resolved it."""
    names = QUOTED.findall(args)
    if err in NOT_THERE:
        return account.explained.update(["opens of what does not exist: counted, not told"])
    if "O_PATH" in args:
        return account.explained.update(["O_PATH: opens nothing"])
    writes = re.search(r"O_WRONLY|O_RDWR|O_CREAT", args)
    if err:
        return account.add_once("refused opens", (unquote(names[0]), err))
    account.add_once("files written" if writes else "files read", path.removesuffix(" (deleted)"))


def read_traces(folder, manager):
    account = Account()
    for name in glob.glob(os.path.join(folder, "t.*")):
        pid, in_service = int(name.rsplit(".", 1)[1]), None
        with open(name, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                exited = EXITED.match(line)
                if exited and in_service is not False:
                    account.add("exits", (pid, int(exited.group(1))))
                call = CALL.match(line.rstrip("\n"))
                if not call:
                    continue
                what, args, _, path, err = call.groups()
                if what == "execve":
                    target = unquote(QUOTED.match(args).group(1))
                    if target == manager:
                        in_service = False
                        continue
                    if not err:
                        read_exec(account, pid, args, target)
                elif in_service is False:
                    continue
                elif what == "connect":
                    read_connect(account, pid, args, err)
                else:
                    read_open(account, args, path or "", err)
    return account


def argv_of(event):
    """As it was handed to execve: the kernel puts interpreter and script before a script's arguments."""
    argv, asked = event["process"].get("argv", []), event["process"].get("filename")
    if "script" in event.get("exec", {}) and asked in argv:
        return tuple(argv[argv.index(asked) + 1:])
    return tuple(argv[1:])


def read_file_event(account, event):
    path = event["file"].get("path", "?")
    if event["file"]["op"] != "open":
        return
    if event["outcome"] != "ok":
        account.add_once("refused opens", (path, event["errno"]))
    elif event["type"] == "file.read":
        account.add_once("files read", path)
    else:
        account.add_once("files written", path)


def read_events(name):
    account = Account()
    with open(name, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            kind, pid = event["type"], event.get("process", {}).get("pid")
            if kind == "exec":
                asked = event["process"].get("filename", event["process"]["exe"])
                account.add("execs", (pid, asked, argv_of(event)))
            elif kind == "exit":
                account.add("exits", (pid, event["process"].get("exit_code", -1)))
            elif kind == "net.connect":
                end = event["network"]["dst"]
                account.add("connects", (pid, end["ip"], end["port"], event.get("errno", "ok")))
            elif kind in ("file.read", "file.write", "file.create"):
                read_file_event(account, event)
    return account


def main():
    theirs, ours = read_traces(sys.argv[1], sys.argv[3]), read_events(sys.argv[2])
    for kind, seen in theirs.kinds.items():
        told = ours.kinds[kind]
        missing, more = seen - told, told - seen
        print("%s: %d in both, %d missing, %d more" %
              (kind, sum((seen & told).values()), sum(missing.values()), sum(more.values())))
        for thing in list(missing)[:20]:
            print("  %s: strace only: %r" % (kind, thing))
        for thing in list(more)[:20]:
            print("  %s: whodid only: %r" % (kind, thing))
        print("# %s: %d in both" % (kind, sum((seen & told).values())))
    for reason, count in theirs.explained.items():
        print("# not compared, %d of them: %s" % (count, reason))


if __name__ == "__main__":
    main()
