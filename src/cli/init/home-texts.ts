/** Text as a YAML value: JSON is YAML. */
const quoted = (text: string) => JSON.stringify(text);

/** lotmint.yaml for a tenant, the sandbox or no platform yet. `lines` are those below `platform:`. */
export function siteText(lines: string | undefined): string {
  const head = "# The site. Every key is explained in docs/job-file.md.\n";
  if (lines === undefined) {
    return `${head}# platform:\n#   url: https://acme.cumulocity.com\n#   tenant: t12345\n#   user: line-1@acme.example\n`;
  }
  return `${head}platform:\n${lines}\n  # The password comes from LOTMINT_PLATFORM_PASSWORD_FILE, or is asked for on a terminal.\n`;
}

/** The lines below `platform:` for a tenant; an empty tenant id is asked of the platform. */
export function tenantLines(url: string, tenant: string, user: string): string {
  const id = tenant === "" ? [] : [`  tenant: ${quoted(tenant)}`];
  return [`  url: ${quoted(url)}`, ...id, `  user: ${quoted(user)}`].join("\n");
}

/** A job whose manifests are the files of input/ that begin with its name. */
export function jobText(job: string, issuer: string, organization: string): string {
  const subject = organization === "" ? "" : `O: ${quoted(organization)}, `;
  return `# One kind of lot. Every key is explained in docs/job-file.md.
manifest: ${quoted(`../input/${job}-*.csv`)}   # each file is a lot, and gives it its name
issuer: ${issuer}
subject: { ${subject}serialNumber: "{serial_number}" }
registration: { type: c8y_Device, path: "Factory/{lot}" }
`;
}

/** The lot of the sample manifest. */
export function sampleLot(job: string): string {
  return `${job}-0001`;
}

export const SAMPLE_MANIFEST = `id,name,serial_number
SAMPLE-000001,Sample device 1,S-000001
SAMPLE-000002,Sample device 2,S-000002
SAMPLE-000003,Sample device 3,S-000003
`;
