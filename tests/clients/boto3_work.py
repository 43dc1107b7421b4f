#!/usr/bin/env python3
"""boto3: everyday work against $ENDPOINT. Run by the interpreter of either version's environment.

Always holds: each check prints one line; the exit status is 1 if any failed.
"""
import concurrent.futures
import filecmp
import hashlib
import io
import os
import pathlib
import sys
import tempfile
import traceback
import urllib.error
import urllib.request

import boto3
import boto3.s3.transfer
import botocore.client
import botocore.exceptions

NAME = f"boto3 {boto3.__version__}"
ENDPOINT = os.environ["ENDPOINT"]
client = boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1",
                      config=botocore.client.Config(retries={"max_attempts": 1}, signature_version="s3v4", s3={"addressing_style": "path"}))
bucket = f"clients-boto3-{boto3.__version__.replace('.', '-')}-{os.getpid()}"
failed = False
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def refused(code, function, **arguments):
    try:
        function(**arguments)
    except botocore.exceptions.ClientError as error:
        got = error.response["Error"]["Code"]
        assert got in (code, code if isinstance(code, str) else None), f"{got}, not {code}"
        return
    raise AssertionError(f"it succeeded and should have been {code}")


@check
def create_bucket():
    client.create_bucket(Bucket=bucket)
    assert bucket in [entry["Name"] for entry in client.list_buckets()["Buckets"]]
    client.head_bucket(Bucket=bucket)


@check
def put_get_head():
    client.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentType="text/x", Metadata={"colour": "blue"})
    answer = client.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == b"hello" and answer["ContentType"] == "text/x"
    assert answer["Metadata"] == {"colour": "blue"} and answer["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    refused("404", client.head_object, Bucket=bucket, Key="none")
    refused("NoSuchKey", client.get_object, Bucket=bucket, Key="none")


@check
def odd_keys():
    keys = ["a b", "a+b", "ü/日本語", "100%", "a//b", "..", "?&=#", "'\"", "\\", "~", "a\tb", "(x)[y]{z}"]
    for key in keys:
        client.put_object(Bucket=bucket, Key="odd/" + key, Body=key.encode())
    found = [entry["Key"][4:] for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="odd/", PaginationConfig={"PageSize": 3})
             for entry in page["Contents"]]
    assert found == sorted(keys, key=lambda key: key.encode()), found
    for key in keys:
        assert client.get_object(Bucket=bucket, Key="odd/" + key)["Body"].read() == key.encode()


@check
def every_checksum():
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        sent = client.put_object(Bucket=bucket, Key="sum", Body=b"data", ChecksumAlgorithm=algorithm)
        got = client.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
        assert got[f"Checksum{algorithm}"] == sent[f"Checksum{algorithm}"]
        got["Body"].read()
    refused("BadDigest", client.put_object, Bucket=bucket, Key="bad", Body=b"data", ChecksumCRC32="AAAAAA==")


@check
def streams_without_a_length():
    class Stream(io.RawIOBase):
        def __init__(self):
            self.left = 300_000

        def readable(self):
            return True

        def readinto(self, buffer):
            count = min(len(buffer), self.left)
            buffer[:count] = b"s" * count
            self.left -= count
            return count
    client.upload_fileobj(io.BufferedReader(Stream()), bucket, "stream")
    assert client.head_object(Bucket=bucket, Key="stream")["ContentLength"] == 300_000


@check
def transfer_in_parts():
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
    with tempfile.TemporaryDirectory() as scratch:
        source, back = pathlib.Path(scratch, "source"), pathlib.Path(scratch, "back")
        source.write_bytes(os.urandom(23_000_000))
        client.upload_file(str(source), bucket, "large", Config=config)
        assert client.head_object(Bucket=bucket, Key="large")["ETag"].endswith('-5"')
        client.download_file(bucket, "large", str(back), Config=config)
        assert filecmp.cmp(source, back, shallow=False)
        client.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=config)
        digest = hashlib.sha256(client.get_object(Bucket=bucket, Key="copied")["Body"].read()).digest()
        assert digest == hashlib.sha256(source.read_bytes()).digest()
        data = source.read_bytes()
        part = client.get_object(Bucket=bucket, Key="large", Range="bytes=5242000-5243999")["Body"].read()
        assert part == data[5242000:5244000]


@check
def presigned():
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    assert urllib.request.urlopen(url).read() == b"hello"
    url = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "signed"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, data=b"put", method="PUT", headers={"Content-Type": ""}))
    assert client.get_object(Bucket=bucket, Key="signed")["Body"].read() == b"put"
    post = client.generate_presigned_post(bucket, "posted", ExpiresIn=60)
    boundary = "b0undary"
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in post["fields"].items())
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nposted\r\n--{boundary}--\r\n'.encode()
    request = urllib.request.Request(post["url"], data=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert urllib.request.urlopen(request).status == 204
    assert client.get_object(Bucket=bucket, Key="posted")["Body"].read() == b"posted"
    try:
        urllib.request.urlopen(f"{ENDPOINT}/{bucket}/k")
        raise AssertionError("anybody can read it")
    except urllib.error.HTTPError as error:
        assert error.code == 403


@check
def conditions():
    etag = client.head_object(Bucket=bucket, Key="k")["ETag"]
    refused("304", client.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
    refused("PreconditionFailed", client.get_object, Bucket=bucket, Key="k", IfMatch='"x"')
    refused("PreconditionFailed", client.put_object, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")


@check
def one_creator_wins():
    def create(number):
        try:
            client.put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
            return number
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict")
            return None
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(create, range(32)) if number is not None]
    assert len(winners) == 1, winners
    assert client.get_object(Bucket=bucket, Key="race")["Body"].read() == str(winners[0]).encode()


@check
def tags_and_attributes():
    client.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]
    answer = client.get_object_attributes(Bucket=bucket, Key="large", ObjectAttributes=["ETag", "ObjectSize", "ObjectParts"])
    assert answer["ObjectSize"] == 23_000_000 and answer["ObjectParts"]["TotalPartsCount"] == 5


@check
def configurations_that_are_not_there():
    for code, function in [
        ("NoSuchBucketPolicy", client.get_bucket_policy), ("NoSuchLifecycleConfiguration", client.get_bucket_lifecycle_configuration),
        ("NoSuchCORSConfiguration", client.get_bucket_cors), ("NoSuchTagSet", client.get_bucket_tagging),
        ("NoSuchWebsiteConfiguration", client.get_bucket_website), ("ReplicationConfigurationNotFoundError", client.get_bucket_replication),
        ("ServerSideEncryptionConfigurationNotFoundError", client.get_bucket_encryption),
        ("ObjectLockConfigurationNotFoundError", client.get_object_lock_configuration),
        ("NoSuchPublicAccessBlockConfiguration", client.get_public_access_block),
        ("OwnershipControlsNotFoundError", client.get_bucket_ownership_controls),
    ]:
        refused(code, function, Bucket=bucket)
    assert client.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert client.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "Status" not in client.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in client.get_bucket_logging(Bucket=bucket)


@check
def versions():
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    one = client.put_object(Bucket=bucket, Key="v", Body=b"1")["VersionId"]
    two = client.put_object(Bucket=bucket, Key="v", Body=b"2")["VersionId"]
    assert client.get_object(Bucket=bucket, Key="v", VersionId=one)["Body"].read() == b"1"
    marker = client.delete_object(Bucket=bucket, Key="v")
    assert marker["DeleteMarker"]
    refused("NoSuchKey", client.get_object, Bucket=bucket, Key="v")
    listed = client.list_object_versions(Bucket=bucket, Prefix="v")
    assert [entry["VersionId"] for entry in listed["Versions"]] == [two, one] and len(listed["DeleteMarkers"]) == 1
    client.delete_object(Bucket=bucket, Key="v", VersionId=marker["VersionId"])
    assert client.get_object(Bucket=bucket, Key="v")["Body"].read() == b"2"


@check
def empty_and_delete():
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = page.get("Versions", []) + page.get("DeleteMarkers", [])
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects})
        assert not answer.get("Errors") and len(answer["Deleted"]) == len(objects)
    client.delete_bucket(Bucket=bucket)
    refused("404", client.head_bucket, Bucket=bucket)


for function in CHECKS:
    try:
        function()
        print(f"ok      {NAME}: {function.__name__}", flush=True)
    except Exception:
        failed = True
        print(f"FAILED  {NAME}: {function.__name__}", flush=True)
        print("        " + traceback.format_exc().strip().replace("\n", "\n        "), flush=True)
sys.exit(1 if failed else 0)
