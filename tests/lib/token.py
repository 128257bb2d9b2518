#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An issuer of tokens for tests, signing with openssl(1).

    token.py key FILE [rsa|ec|ed25519]              a private key
    token.py jwks KID=FILE[:ALG]...                 the public keys as a JWKS
    token.py sign FILE ALG KID CLAIM=VALUE...       a token; CLAIM:=JSON for other than text; NAME= leaves it out

iss, iat, nbf, exp (5 minutes) and jti are made where they are not given. ALG "none" and "HS256" make
what nobody may take: HS256 is keyed with the public key's PEM, the classic confusion.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True, capture_output=True).stdout


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key(path, kind="rsa"):
    args = {"rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            "ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "ed25519": ["-algorithm", "ED25519"]}[kind]
    openssl("genpkey", *args, "-out", path)


def jwk(kid, path, alg):
    text = openssl("pkey", "-in", path, "-noout", "-text").decode()
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    out = {"kid": kid, "use": "sig"}
    if alg:
        out["alg"] = alg
    if "ED25519" in text:
        return {**out, "kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:])}
    if "prime256v1" in text:
        return {**out, "kty": "EC", "crv": "P-256", "x": b64(der[-64:-32]), "y": b64(der[-32:])}
    modulus = openssl("rsa", "-in", path, "-noout", "-modulus").decode().split("=")[1].strip()
    return {**out, "kty": "RSA", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}


def der_to_raw(der, half):
    """r and s of an ECDSA signature one behind the other."""
    at, out = 3 if der[1] & 0x80 else 2, b""
    for _ in range(2):
        size = der[at + 1]
        out += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(half, b"\0")
        at += 2 + size
    return out


def signature(path, alg, text, work):
    if alg == "none":
        return b""
    if alg == "HS256":
        return hmac.new(openssl("pkey", "-in", path, "-pubout"), text, hashlib.sha256).digest()
    if alg == "EdDSA":
        with open(work, "wb") as f:
            f.write(text)
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", path, "-in", work)
    digest = "-sha" + alg[2:]
    if alg[:2] == "PS":
        return openssl("dgst", digest, "-sign", path, "-sigopt", "rsa_padding_mode:pss",
                       "-sigopt", "rsa_pss_saltlen:digest", data=text)
    raw = openssl("dgst", digest, "-sign", path, data=text)
    return der_to_raw(raw, 32) if alg[:2] == "ES" else raw


def sign(path, alg, kid, *words):
    now = int(time.time())
    claims = {"iss": "https://issuer.test", "iat": now, "nbf": now, "exp": now + 300,
              "jti": os.urandom(8).hex()}
    for word in words:
        name, is_json, value = re.match(r"([^=]*?)(:?)=(.*)", word, re.S).groups()
        if is_json:
            value = json.loads(value)
        claims[name] = value
        if value == "":
            del claims[name]
    head = b64(json.dumps({"alg": alg, "kid": kid, "typ": "JWT"}).encode())
    text = ("%s.%s" % (head, b64(json.dumps(claims).encode()))).encode()
    work = "%s.%d" % (path, os.getpid())
    print(text.decode() + "." + b64(signature(path, alg, text, work)))
    if os.path.exists(work):
        os.unlink(work)


def main(verb, *args):
    if verb == "key":
        key(*args)
    elif verb == "jwks":
        rows = [re.match(r"([^=]*)=([^:]*):?(.*)", a).groups() for a in args]
        print(json.dumps({"keys": [jwk(*row) for row in rows]}))
    elif verb == "sign":
        sign(*args)


main(*sys.argv[1:])
