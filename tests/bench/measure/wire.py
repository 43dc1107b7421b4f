"""A small S3 client over plain sockets: SigV4 with unsigned payloads, one keep-alive connection, nothing buffered that need not be.

Always holds: a status that was not expected is an error that names the code in the body; times are wall clock, by the caller.
"""
import datetime
import hashlib
import hmac
import http.client
import re
import urllib.parse

REGION = "us-east-1"
UNSIGNED = "UNSIGNED-PAYLOAD"


class S3Error(Exception):
    pass


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Keys:
    def __init__(self, access_key, secret_key):
        self.access_key, self.secret_key = access_key, secret_key
        self._day, self._key = None, None

    def signing_key(self, day):
        if day != self._day:
            key = ("AWS4" + self.secret_key).encode()
            for part in (day, REGION, "s3", "aws4_request"):
                key = _hmac(key, part)
            self._day, self._key = day, key
        return self._key


def signed(keys, host, method, path, query=(), headers=()):
    """The request target and the signed headers. `path` is not yet encoded; `query` are pairs."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    encoded = urllib.parse.quote(path, safe="/-_.~")
    pairs = sorted((urllib.parse.quote(k, safe="-_.~"), urllib.parse.quote(v, safe="-_.~")) for k, v in query)
    text = "&".join(f"{k}={v}" for k, v in pairs)
    all_headers = {"host": host, "x-amz-content-sha256": UNSIGNED, "x-amz-date": stamp}
    all_headers.update({name.lower(): value for name, value in dict(headers).items()})
    names = sorted(all_headers)
    canonical = "\n".join([method, encoded, text, *(f"{n}:{all_headers[n]}" for n in names), "", ";".join(names), UNSIGNED])
    scope = f"{day}/{REGION}/s3/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(keys.signing_key(day), to_sign.encode(), hashlib.sha256).hexdigest()
    all_headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}")
    return encoded + (f"?{text}" if text else ""), all_headers


def error_code(body):
    found = re.search(rb"<Code>([^<]*)</Code>", body)
    return found.group(1).decode(errors="replace") if found else "no error code"


class Client:
    """One connection."""

    def __init__(self, address, keys, timeout=120):
        self.host, self.keys = address, keys
        name, _, port = address.rpartition(":")
        self.connection = http.client.HTTPConnection(name, int(port), timeout=timeout)

    def close(self):
        self.connection.close()

    def send(self, method, path, query=(), headers=(), body=b"", length=None):
        """Sends a request; `body` is bytes, or pieces whose sum is `length`. The response's body is the caller's to read."""
        target, all_headers = signed(self.keys, self.host, method, path, query, headers)
        self.connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in all_headers.items():
            self.connection.putheader(name, value)
        if method in ("PUT", "POST") or length or body:
            self.connection.putheader("content-length", str(len(body) if length is None else length))
        if length is None:
            self.connection.endheaders(body or None)
        else:
            self.connection.endheaders()
            for piece in body:
                self.connection.send(piece)
        return self.connection.getresponse()

    def call(self, method, path, query=(), headers=(), body=b"", expect=(200,)):
        """A request whose whole answer fits into memory: its body."""
        response = self.send(method, path, query, headers, body)
        content = response.read()
        if response.status not in expect:
            raise S3Error(f"{method} {path} {dict(query)}: {response.status} {error_code(content)}")
        return content


def answers(server):
    """Whether the server answers a signed ListBuckets with 200."""
    client = Client(server.address, Keys(server.access_key, server.secret_key), timeout=10)
    try:
        response = client.send("GET", "/")
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
