"""A bucket by S3, as the suites need it: keys are bytes, pages are followed to the end.

Always holds: what a listing says is decoded from `encoding-type=url`, so that any key survives XML.
"""
import collections
import re
import urllib.parse
import xml.etree.ElementTree

Listed = collections.namedtuple("Listed", "key size etag modified")
Head = collections.namedtuple("Head", "size etag kind modified headers")


class Bucket:
    def __init__(self, client, name):
        self.client, self.name = client, name

    def path(self, key):
        # The client encodes; a key that is no UTF-8 can't come from a mount.
        return f"/{self.name}/{key.decode() if isinstance(key, bytes) else key}"

    def _head(self, response):
        response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        if response.status == 404:
            return None
        if response.status != 200:
            raise OSError(f"{response.status} where 200 or 404 was due")
        return Head(int(headers["content-length"]), headers.get("etag"), headers.get("content-type"), headers.get("last-modified"),
                    headers)

    def head(self, key):
        """None for what is not there."""
        return self._head(self.client.send("HEAD", self.path(key)))

    def get(self, key, headers=()):
        """The body, or None."""
        response = self.client.send("GET", self.path(key), headers=headers)
        body = response.read()
        if response.status == 404:
            return None
        if response.status not in (200, 206):
            raise OSError(f"GET {key!r}: {response.status}: {body[:300]!r}")
        return body

    def put(self, key, body, headers=(), query=()):
        """The ETag."""
        response = self.client.send("PUT", self.path(key), query, headers, body)
        said = response.read()
        if response.status != 200:
            raise OSError(f"PUT {key!r}: {response.status}: {said[:300]!r}")
        return response.getheader("etag")

    def delete(self, key):
        self.client.call("DELETE", self.path(key), expect=(204,))

    def copy(self, source, target):
        quoted = urllib.parse.quote(self.path(source), safe="/-_.~")
        self.client.call("PUT", self.path(target), headers={"x-amz-copy-source": quoted})

    def rename(self, source, target):
        """RenameObject."""
        quoted = urllib.parse.quote(self.path(source), safe="/-_.~")
        self.client.call("PUT", self.path(target), [("renameObject", "")], {"x-amz-rename-source": quoted})

    def multipart(self, key, parts):
        """The ETag of the whole."""
        return self._multipart(key, parts, lambda part, query: self.put(key, part, query=query))

    def multipart_of(self, key, source, ranges):
        """The same of ranges (offset, length) of another object, by UploadPartCopy."""
        quoted = urllib.parse.quote(self.path(source), safe="/-_.~")

        def copy(part, query):
            headers = {"x-amz-copy-source": quoted, "x-amz-copy-source-range": f"bytes={part[0]}-{part[0] + part[1] - 1}"}
            said = self.client.call("PUT", self.path(key), query, headers)
            return re.search(rb"<ETag>([^<]+)</ETag>", said).group(1).decode().replace("&quot;", '"')
        return self._multipart(key, ranges, copy)

    def _multipart(self, key, parts, send):
        started = self.client.call("POST", self.path(key), [("uploads", "")])
        upload = re.search(rb"<UploadId>([^<]+)<", started).group(1).decode()
        listed = []
        for number, part in enumerate(parts, 1):
            etag = send(part, [("partNumber", str(number)), ("uploadId", upload)])
            listed.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        body = f"<CompleteMultipartUpload>{''.join(listed)}</CompleteMultipartUpload>".encode()
        said = self.client.call("POST", self.path(key), [("uploadId", upload)], body=body)
        return re.search(rb"<ETag>([^<]+)</ETag>", said).group(1).decode().replace("&quot;", '"')

    def page(self, prefix="", delimiter="", token=None, page=1000):
        """Objects, common prefixes, and the token of the next page or None."""
        query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", str(page))]
        query += [("prefix", prefix)] * bool(prefix) + [("delimiter", delimiter)] * bool(delimiter)
        query += [("continuation-token", token)] * bool(token)
        root = xml.etree.ElementTree.fromstring(self.client.call("GET", f"/{self.name}", query))
        space = root.tag[:root.tag.index("}") + 1] if root.tag.startswith("{") else ""

        def text(element, name):
            return element.findtext(f"{space}{name}") or ""
        def decoded(value):
            return urllib.parse.unquote_to_bytes(value.replace("+", "%20"))
        objects = [Listed(decoded(text(found, "Key")), int(text(found, "Size")), text(found, "ETag"), text(found, "LastModified"))
                   for found in root.iter(f"{space}Contents")]
        prefixes = [decoded(text(found, "Prefix")) for found in root.iter(f"{space}CommonPrefixes")]
        return objects, prefixes, text(root, "NextContinuationToken") or None

    def list(self, prefix="", page=1000):
        """Every object, in the order of the pages; that they are ordered and none comes twice is checked here."""
        found, token, last = [], None, None
        while True:
            objects, _, token = self.page(prefix, token=token, page=page)
            for one in objects:
                if last is not None and one.key <= last:
                    raise AssertionError(f"the listing has {one.key!r} behind {last!r}")
                last = one.key
            found.extend(objects)
            if not token:
                return found
