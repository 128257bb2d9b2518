#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients and servers of names that no program is: forged answers, messages in pieces.

    names.py forge SERVER       a name server that first gives answers to nobody's questions
    names.py ask SERVER NAME [PORT]   asks, and connects to 127.0.0.66:PORT
    names.py again SERVER NAME ADDR   asks once, and connects for a minute
    names.py hello ADDR PORT NAME     a TLS client's first message, byte by byte
    names.py pieces SERVER NAME       a question over TCP, byte by byte
"""
import os
import socket
import ssl
import struct
import sys
import time


def labels(name):
    return b"".join(bytes([len(p)]) + p for p in name.split(b".")) + b"\0"


def question(ident, name):
    return struct.pack(">6H", ident, 0x100, 1, 0, 0, 0) + labels(name) + struct.pack(">HH", 1, 1)


def answer(asked, ident=None, name=None, address="127.0.0.66"):
    head = struct.pack(">6H", ident or struct.unpack(">H", asked[:2])[0], 0x8180, 1, 1, 0, 0)
    asked_for = labels(name) + struct.pack(">HH", 1, 1) if name else asked[12:]
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
    return head + asked_for + record


def forge(server):
    right = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    right.bind((server, 53))
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.53.9", 53))
    print("ready", flush=True)
    asked, client = right.recvfrom(512)
    other.sendto(answer(asked), client)  # from somebody else
    right.sendto(answer(asked, ident=1), client)  # another number
    right.sendto(answer(asked, name=b"github.test"), client)  # another name
    right.sendto(answer(asked, address="127.0.0.67"), client)
    right.sendto(answer(asked), client)  # it was answered before
    right.recvfrom(1)


def connect(address, port):
    s = socket.socket()
    s.settimeout(5)
    try:
        s.connect((address, int(port)))
    except OSError:
        pass
    return s


def ask(server, name, port="9"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(question(7, os.fsencode(name)), (server, 53))
    for _ in range(5 if server == "127.0.53.3" else 1):
        s.recv(512)
    connect("127.0.0.66", port)
    connect("127.0.0.67", port)


def again(server, name, address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(question(3, name.encode()), (server, 53))
    s.recv(512)
    for _ in range(120):
        connect(address, 9)
        time.sleep(0.5)


def hello(address, port, name):
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    s = connect(address, port)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    first = out.read()
    for at in (range(0, len(first), len(first) // 6 + 1)):
        s.send(first[at : at + len(first) // 6 + 1])
    s.recv(1)


def pieces(server, name):
    s = connect(server, 53)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    message = question(9, name.encode())
    for byte in struct.pack(">H", len(message)) + message:
        s.send(bytes([byte]))
    s.recv(512)


{"forge": forge, "ask": ask, "again": again, "hello": hello, "pieces": pieces}[sys.argv[1]](*sys.argv[2:])
