"""The proxies under test: each is started with a configuration of ours and does the same work, which is
to put a key of the provider's in place of the client's credential and to pass the bytes on at once."""

import http.client
import json
import os
import time

from harness import machine
from harness.process import Process

PATIENCE = 20  # seconds for a proxy to serve its first call
KEYS_A_VARIABLE = 1000  # Linux takes 128 KiB a variable

NGINX = """\
daemon off;
worker_processes {threads};
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections {connections}; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  upstream provider {{
    server 127.0.0.1:{provider};
    keepalive 512;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer {key}";
      proxy_buffering off;
      proxy_read_timeout 2h;
      proxy_send_timeout 2h;
    }}
  }}
}}
"""

HAPROXY = """\
global
  nbthread {threads}
  maxconn {connections}
defaults
  mode http
  no log
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 2h
  timeout server 2h
  timeout http-keep-alive 1h
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  default_backend provider
backend provider
  http-request set-header Authorization "Bearer {key}"
  server provider 127.0.0.1:{provider} pool-max-conn -1
"""

KEYPOOL = """\
listen: 127.0.0.1:{port}
admin:
  listen: 127.0.0.1:{admin}
threads: {threads}
state: ":memory:"
limits:
  idle_time: 2h
endpoints:
  - name: mock
    base_url: http://127.0.0.1:{provider}
    dialect: {dialect}
    keys: [{variables}]
"""


class NotServing(Exception):
    """A proxy that did not come up, and what it said."""


class Proxy:
    """One proxy with `threads` threads between the load generator and the provider on `provider_port`."""

    name = ""
    path = "/v1/chat/completions"

    def __init__(self, threads=1, label=None):
        self.threads = threads
        self.label = label or (self.name if threads == 1 else f"{self.name} × {threads}")
        self.port = 0
        self.process = None

    def start(self, folder, provider_port, keys, cores):
        """Starts it afresh and returns once it answers."""
        folder = os.path.join(folder, self.label.replace(" × ", "-").replace(" ", "-"))
        os.makedirs(folder, exist_ok=True)
        self.port = machine.free_port()
        command, env = self.prepare(folder, provider_port, keys)
        self.process = Process(command, cores.of_proxy(self.threads), f"{folder}/output.log", env)
        self._await_first_answer()

    def prepare(self, folder, provider_port, keys):
        """Writes the configuration; returns the command and what to add to its environment."""
        raise NotImplementedError

    def credential(self, keys):
        """What a client sends."""
        return "sk-client-0000000000000000000000000000000000000000000000"

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

    def cpu_seconds(self):
        return self.process.cpu_seconds()

    def _await_first_answer(self):
        end = time.monotonic() + PATIENCE
        while True:
            answer = _first_line(self.port, self.path, self.credential([]))
            if answer == "200 OK":
                return
            if not self.process.running() or time.monotonic() > end:
                words = self.process.last_words()
                self.stop()
                raise NotServing(f"{self.label} does not serve ({answer}): {words}")
            time.sleep(0.05)


class Direct(Proxy):
    """No proxy at all: what the load generator sees of the provider itself."""

    name = "direct"

    def start(self, folder, provider_port, keys, cores):
        self.port = provider_port

    def credential(self, keys):
        return keys[0]

    def cpu_seconds(self):
        return 0.0


class Nginx(Proxy):
    name = "nginx"

    @staticmethod
    def version():
        return machine.version([machine.program("nginx"), "-v"], r"nginx/([\w.]+)")

    def prepare(self, folder, provider_port, keys):
        files = machine.raise_open_file_limit()
        _write(f"{folder}/nginx.conf", NGINX, folder=folder, threads=self.threads, files=files,
               connections=files - 500, port=self.port, provider=provider_port, key=keys[0])
        return [machine.program("nginx"), "-p", folder, "-e", f"{folder}/nginx.log",
                "-c", f"{folder}/nginx.conf"], {}


class Haproxy(Proxy):
    name = "haproxy"

    @staticmethod
    def version():
        return machine.version([machine.program("haproxy"), "-v"], r"version ([\w.]+)")

    def prepare(self, folder, provider_port, keys):
        connections = (machine.raise_open_file_limit() - 500) // 2
        _write(f"{folder}/haproxy.cfg", HAPROXY, threads=self.threads, connections=connections,
               port=self.port, provider=provider_port, key=keys[0])
        return [machine.program("haproxy"), "-db", "-f", f"{folder}/haproxy.cfg"], {}


class Keypool(Proxy):
    """`keypool serve`, which picks one of all `keys` for each call, judges the answer and counts it."""

    name = "keypool"
    path = "/mock/v1/chat/completions"

    def __init__(self, binary, threads=1, label=None, keys=None, dialect="openai"):
        super().__init__(threads, label)
        self.binary = binary
        self.keys = keys  # how many; None: as many as `start` is given
        self.dialect = dialect

    def prepare(self, folder, provider_port, keys):
        keys = keys[:self.keys] if self.keys else keys[:8]
        variables = {f"BENCH_KEYS_{start}": ",".join(keys[start:start + KEYS_A_VARIABLE])
                     for start in range(0, len(keys), KEYS_A_VARIABLE)}
        self.admin = machine.free_port()
        _write(f"{folder}/keypool.yaml", KEYPOOL, port=self.port, admin=self.admin,
               threads=self.threads, provider=provider_port, dialect=self.dialect,
               variables=", ".join(variables))
        return [self.binary, "serve", "--config", f"{folder}/keypool.yaml"], variables


def _write(path, template, **values):
    with open(path, "w") as file:
        file.write(template.format(**values))


def _first_line(port, path, credential):
    """Status and reason of one call, or why there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    body = json.dumps({"model": "gpt-4.1", "messages": [{"role": "user", "content": "hi"}]})
    try:
        connection.request("POST", path, body, {"Authorization": f"Bearer {credential}",
                                                "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return f"{answer.status} {answer.reason}"
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
