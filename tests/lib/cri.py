#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cri: what a kubelet asks a container engine for, over its socket: gRPC by curl, messages by hand.

cri.py SOCKET pod POD.json                           prints the pod's number
cri.py SOCKET container POD.json POD NAME IMAGE ARG...  makes a container in it, prints its number
cri.py SOCKET start CONTAINER
cri.py SOCKET exec CONTAINER ARG...                  as kubectl exec and crictl exec come to the engine

POD.json: {"name", "namespace", "uid", "cgroup_parent", "labels": {}, "annotations": {}}.
Pods are in the host's network: no CNI is needed.
"""
import json
import subprocess
import sys

CONTAINER, NODE = 1, 2  # of enum NamespaceMode


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def message(*fields):
    """(number, value) pairs; value is an int, a text or the bytes of a message."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        data = value.encode() if isinstance(value, str) else value
        out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def first_text(data, number):
    """Of messages with texts and numbers only, as all answers here are."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        n, at = read_varint(data, at)
        if key & 7 == 2:
            if key >> 3 == number:
                return data[at:at + n].decode()
            at += n
    return ""


def call(socket, method, request):
    """One gRPC call; ends the program where the engine says no."""
    frame = b"\0" + len(request).to_bytes(4, "big") + request
    curl = ["curl", "-sS", "-m", "30", "--http2-prior-knowledge", "--unix-socket", socket, "-H",
            "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@-", "-D", "/dev/stderr",
            "http://localhost/runtime.v1.RuntimeService/" + method]
    done = subprocess.run(curl, input=frame, capture_output=True, check=False)
    if done.returncode or b"grpc-status: 0" not in done.stderr:
        sys.exit(f"{method}: {done.stderr.decode(errors='replace')}")
    return done.stdout[5:]


def pairs(number, values):
    return [(number, message((1, key), (2, value))) for key, value in values.items()]


def namespaces():
    return message((1, NODE), (2, CONTAINER))


def pod_config(path):
    with open(path, encoding="utf-8") as f:
        pod = json.load(f)
    metadata = message((1, pod["name"]), (2, pod["uid"]), (3, pod["namespace"]))
    linux = message((1, pod["cgroup_parent"]), (2, message((1, namespaces()))))
    config = message((1, metadata), *pairs(6, pod.get("labels", {})), *pairs(7, pod.get("annotations", {})),
                     (8, linux))
    return pod, config


def make_container(socket, path, pod_id, name, image, *args):
    pod, config = pod_config(path)
    container = message((1, message((1, name))), (2, message((1, image))), *[(3, a) for a in args],
                        *pairs(9, pod.get("labels", {})), (15, message((2, message((3, namespaces()))))))
    return first_text(call(socket, "CreateContainer", message((1, pod_id), (2, container), (3, config))), 1)


def main(socket, command, *args):
    if command == "pod":
        print(first_text(call(socket, "RunPodSandbox", message((1, pod_config(args[0])[1]))), 1))
    elif command == "container":
        print(make_container(socket, *args))
    elif command == "start":
        call(socket, "StartContainer", message((1, args[0])))
    elif command == "exec":
        call(socket, "ExecSync", message((1, args[0]), *[(2, a) for a in args[1:]], (3, 20)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
