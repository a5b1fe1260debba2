"""What `--help` says: examples that can be typed as they stand, and the filter language."""

from __future__ import annotations

DESCRIPTION = (
    "Manage the registries that say which IoT devices exist and how they prove who they are."
)
FILTER_HELP = """\
filters:
  pump             the id contains pump          pump*         the id begins with pump
  enabled          or disabled                   gateway:yes   others connect through it
  via:GATEWAY      connects through it           has:psk       has such a credential
  expires<2027-01-01   a credential ends before  ext.site:oslo any member by its path
  Several conditions must all hold, and with several words the id has each of them.
  Values with blanks stand in double quotes. n:30 finds the number and the text 30, n:"30" the text.
"""
EXAMPLES = {
    "": """\
examples:
  idconsole                          open the console on your own registry
  idconsole --demo                   look around in a throw-away registry
  idconsole list devices --tenant north-wind --filter disabled
  idconsole import ./devices.txt --tenant north-wind
""",
    "list": FILTER_HELP
    + """
examples:
  idconsole list tenants
  idconsole list devices --tenant north-wind --filter 'T01 enabled' --limit 20
  idconsole list devices --tenant north-wind --all --json
  idconsole list credentials --tenant north-wind --filter 'expires<2027-01-01'

With --json the answer is one array, one object a line, written as it is read.
""",
    "get": """\
examples:
  idconsole get device NW.gannet.T0101 --tenant north-wind
  idconsole get credentials NW.gannet.T0101 --tenant north-wind --json
  idconsole get job 7b1f0c52-91f5-4a04-8a3a-0d7a1f6f2f0b

Secrets are shown as dots unless --reveal is given. `credentials` takes the device's id.
""",
    "count": FILTER_HELP
    + """
examples:
  idconsole count tenants
  idconsole count devices --tenant north-wind --filter disabled
""",
    "import": """\
examples:
  idconsole import ./exchange --tenant north-wind              reads ./exchange/devices.txt
  idconsole import ./fleet.csv --tenant new-orchard --create-tenant
  idconsole import ./fleet.ndjson --tenant north-wind
  idconsole import /var/lib/hono/device-registry               Hono 1.1's three files
  idconsole import ./fleet.csv --tenant north-wind --dry-run   what would be done, and nothing done
  idconsole import --container-from env:INCOMING --tenant north-wind

A container is read and written by its address with a shared access signature, which lets anybody
in: keep it in a variable or a file, not on the command line. The first line of a .csv names its
columns: id, status, primaryKey, secondaryKey, primaryThumbprint, secondaryThumbprint,
statusReason, importMode, eTag.

Refused lines are named at the end and in importErrors.log beside the file; the exit code is
then 1. Ctrl+C stops the import; lines already applied stay.
""",
    "export": """\
examples:
  idconsole export ./exchange --tenant north-wind              writes ./exchange/devices.txt
  idconsole export ./exchange --tenant north-wind --exclude-keys
  idconsole export ./copy --tenant north-wind --format ndjson
  idconsole export --container-from file:~/outgoing.url --tenant north-wind

Without --exclude-keys the file holds the devices' keys in clear.
ndjson holds everything. hono-1.1 leaves out what Hono 1.1 has no word for: of tenants alias,
registration-limits, trust-anchor-group and the further resource-limits; of trust anchors id and
templates; of devices status-reason, viaGroups, memberOf, authorities, downstream-message-mapper,
upstream-message-mapper, command-endpoint and iothub; ids of secrets, comments of credentials, and
members that idconsole does not know either.
""",
    "serve": """\
Each listener may speak another vintage, and may leave TLS to what stands in front of it:
  --listen 127.0.0.1:28080 --listen 127.0.0.1:28081,hono=1.1,tls=no

examples:
  idconsole serve
  idconsole serve --listen 0.0.0.0:28443 --tls-cert chain.pem --tls-key key.pem --auth basic:users
  idconsole serve --hono-compat 1.1 --data ./registry.sqlite
  idconsole serve --auth none                        a hub without keys, for this machine only
  idconsole serve --unix ./identityd.sock --config ./config.toml

Hono's API begins with /v1, a hub's with /devices, /jobs and /statistics; both show one registry.
`idconsole connection-string` prints what a hub's client needs.
Import and export jobs over the network take blob containers. file: addresses name folders of this
machine; they are taken only while every listener is on a loopback address, since others could
have files of this machine read and written.
It prints one line for each listener once it accepts, and ends on Ctrl+C or SIGTERM after
finishing what it accepted. What is served is described at /openapi.json.
""",
    "connection-string": """\
examples:
  idconsole connection-string
  idconsole connection-string --policy registryRead --host hub.example:28443
  idconsole connection-string --list
  idconsole connection-string --policy service --rotate primary

The policies belong to the registry and are made with two random keys each when it is first served
or asked. Programs verify the server's certificate: --host must be a name that it holds.
To change keys without a gap: rotate secondary, give programs the new one, then rotate primary.
""",
    "hash-password": """\
examples:
  idconsole hash-password
  printf 'operator:%s\\n' "$(idconsole hash-password)" > users
  idconsole serve --auth basic:users

On a terminal the password is typed twice, unseen; else it is the first line of stdin. At most 72
bytes, all that bcrypt uses.
""",
    "principals": """\
examples:
  idconsole principals list
  idconsole principals list --config ./config.toml --json
  idconsole principals check --config-dir ./package/config.d
  idconsole principals explain --uid 1001
  idconsole principals explain --uid iotedge --call get-module --module agent
  idconsole principals explain --uid 0 --method GET --path "/identities/modules?type=aziot"

--config FILE alone takes the folder config.d beside that file; --config-dir names another.
check prints FILE:LINE:COLUMN: SEVERITY: what is amiss and what to do. It ends with 1 when there are
errors, since the daemon would refuse to start, and when a file or folder could not be read (a
warning, for the daemon may be allowed to), since nobody knows then; with 0 on other warnings.
explain without a call tells all ten: get-identity, get-provisioning, get-device, reprovision,
list-modules, create-module, get-module, update-module, delete-module, get-trust-bundle. Neither
needs the daemon, nor root.
""",
    "context": """\
examples:
  idconsole context add lab --url http://localhost:28080
  idconsole context add plant --url https://registry.example:28443 --ca-file ca.pem \\
            --user operator --password-env PLANT_PASSWORD --production
  idconsole context add hub --connection-string-from env:HUB_CONNECTION --color teal
  idconsole context add gateway --kind identity --socket /run/aziot/identityd.sock
  idconsole context use lab
  idconsole --context plant
  idconsole list devices --context lab --tenant DEFAULT_TENANT
  idconsole context learn lab ./devices.txt --tenant DEFAULT_TENANT

Contexts are kept in contexts.toml; passwords, tokens and connection strings never are, only where
they are found. In the system's keyring, a connection string belongs to the context's name as user;
`idconsole --connection-string-from keyring:SERVICE`, which saves nothing, asks for user iot-hub.
The context `local`, the registry in the user's data folder, is always there.
A Hono 1.1 cannot list; `learn` remembers the ids in a devices.txt, an .ndjson file, or Hono's JSON
files, so that the console lists them. Nothing is sent to the registry.
""",
}
