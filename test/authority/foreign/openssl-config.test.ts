import { describe, expect, test } from "vitest";
import { expandValue, readOpensslConfig } from "../../../src/authority/foreign/openssl-config.ts";

const CONFIG = readOpensslConfig(`
top = /srv                        # stands in the default section
[ ca ]
default_ca = CA_default
[CA_default]
dir   = /home/user/caCertificate  # with a comment
certs = $dir
database = \${dir}/database.txt
serial = $(dir)/serial
certificate = "$dir/ca Cert.pem"
odd = a\\#b # c
other = $policy::word
from_top = $top/x
missing = $nowhere/x
loop = $loop
split = one \\
two
[ policy ]
word = supplied
`);

describe("readOpensslConfig and expandValue", () => {
  test.each([
    ["dir", "/home/user/caCertificate"],
    ["certs", "/home/user/caCertificate"],
    ["database", "/home/user/caCertificate/database.txt"],
    ["serial", "/home/user/caCertificate/serial"],
    ["certificate", "/home/user/caCertificate/ca Cert.pem"],
    ["odd", "a#b"],
    ["other", "supplied"],
    ["from_top", "/srv/x"],
    ["split", "one two"],
  ])("reads %s as OpenSSL does", (name, value) => {
    expect(expandValue(CONFIG, "CA_default", name)).toBe(value);
  });

  test("takes a value that is given in place of the one in the file", () => {
    expect(expandValue(CONFIG, "CA_default", "database", { dir: "/mnt/copy" })).toBe("/mnt/copy/database.txt");
  });

  test.each(["absent", "missing", "loop"])("has no value for %s", (name) => {
    expect(expandValue(CONFIG, "CA_default", name)).toBeUndefined();
  });
});
