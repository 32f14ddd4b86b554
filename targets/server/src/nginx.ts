/**
 * nginx before the pages and the systems: one address for both. It runs without rights, with nothing but `/tmp` to write.
 */

export interface Behind {
  /** Their names: files are sent to addresses that begin with one. */
  readonly names: readonly string[]
  /** Host and port of the systems. */
  readonly systems: string
  /** Host and port of the pages; without them the systems answer everything. */
  readonly pages?: string
  /** Pages are made anew when they are saved: web sockets are handed on, and nothing is limited. */
  readonly dev?: boolean
  /** Gateways with domain names of their own. */
  readonly domains?: readonly NamedGateway[]
}

/** A gateway that alone answers at a domain name. */
export interface NamedGateway {
  readonly domain: string
  /** Where it stands, there and everywhere: `/api/shop/customer`. */
  readonly path: string
}

/** The port nginx listens on in its container: below 1024 it would need rights. */
export const nginxPort = 8080
export const nginxHealth = '/-/nginx'

/** All that it may write to. */
const scratch = '/tmp'

/** The whole configuration. */
export function nginxConf({ names, systems, pages, dev = false, domains = [] }: Behind): string {
  const tooMany = tooManyOf(dev)
  return `${head}
  upstream systems {
    server ${systems};
    keepalive 64;
    # Shorter than the server keeps a connection that nobody uses.
    keepalive_timeout 50s;
  }
${pages === undefined ? '' : upstreamPages(pages)}${dev ? upgrades : limitZones}
  # What an answer does not say itself.
  map $upstream_http_x_content_type_options $content_type_options { '' nosniff; }
  map $upstream_http_referrer_policy $referrer_policy { '' same-origin; }
  map $upstream_http_x_frame_options $frame_options { '' DENY; }
  map $upstream_http_cross_origin_opener_policy $opener_policy { '' same-origin; }

  server {
    listen ${nginxPort} default_server;
    server_name _;

${common(dev)}
${pages === undefined ? '' : apiLocation(tooMany)}
    # Files are handed through while they come, in both directions.
    location ~ ^/(?:links|(?:${names.join('|')})_[a-z0-9-]+)(?:/|$) {
      client_max_body_size 5g;
      proxy_request_buffering off;
      proxy_buffering off;
      ${tooMany}error_page 502 504 = @systems_away;
      proxy_pass http://systems;
    }

${pages === undefined ? everything(tooMany) : pagesLocation(tooMany)}
${systemsAway}${dev ? '' : tooManyLocation}  }
${domains.map(each => namedServer(each, dev)).join('')}}
`
}

/** A gateway at a domain name of its own, and nothing beside it. */
function namedServer({ domain, path }: NamedGateway, dev: boolean): string {
  return `
  server {
    listen ${nginxPort};
    server_name ${domain};

${common(dev)}
    location = ${path} {
${toGateway(dev)}    }

    location ${path}/ {
${toGateway(dev)}    }

    location / {
      ${tooManyOf(dev)}default_type application/problem+json;
      return 404 '{"type":"about:blank","title":"Not found","status":404,"code":"no-such-route","detail":"at this name there is ${path} alone"}';
    }

${systemsAway}${dev ? '' : tooManyLocation}  }
`
}

/** Refusals of nginx itself are problems, too. */
const tooManyOf = (dev: boolean): string => (dev ? '' : 'error_page 429 = @too_many;\n      ')

const toGateway = (dev: boolean): string => `      proxy_buffering off;
      ${tooManyOf(dev)}error_page 502 504 = @systems_away;
      proxy_pass http://systems;
`

/** What holds at every name. */
const common = (dev: boolean): string => `    add_header X-Content-Type-Options $content_type_options always;
    add_header Referrer-Policy $referrer_policy always;
    add_header X-Frame-Options $frame_options always;
    add_header Cross-Origin-Opener-Policy $opener_policy always;
${dev ? '' : limits}
    # Gateways refuse what is larger than 6 MB, and say why.
    client_max_body_size 7m;

    # Whom they are called by: nothing that a client says of that is handed on.
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Forwarded "";
    ${dev ? devConnection : 'proxy_set_header Connection "";'}

    # A handler has 29 seconds; an event stream says something every 15.
    proxy_connect_timeout 3s;
    proxy_send_timeout 30s;
    proxy_read_timeout 40s;

    location = ${nginxHealth} {
      access_log off;
      return 204;
    }
`

const systemsAway = `    location @systems_away {
      internal;
      default_type application/problem+json;
      add_header Retry-After 1 always;
      add_header Cache-Control no-store always;
      add_header X-Content-Type-Options nosniff always;
      return 503 '{"type":"about:blank","title":"The service does not answer","status":503,"code":"service-unavailable","detail":"the systems are starting"}';
    }
`

const head = `# Written by \`groundplan compose\`. One address for the pages and the API: no CORS, no second port.
# Edit it: what was edited is not overwritten.

worker_processes auto;
pid ${scratch}/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 4096; # a request that is handed on takes two
}

http {
  log_format json escape=json
    '{"time":"$time_iso8601","remote":"$remote_addr","method":"$request_method","uri":"$request_uri",'
    '"status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,"upstream":"$upstream_response_time"}';
  access_log /dev/stdout json;

  client_body_temp_path ${scratch}/body;
  proxy_temp_path ${scratch}/proxy;
  fastcgi_temp_path ${scratch}/fastcgi;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;

  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 65s;
  reset_timedout_connection on;

  # Who sends or takes too slowly is let go.
  client_header_timeout 15s;
  client_body_timeout 30s;
  send_timeout 30s;
  large_client_header_buffers 4 16k;

  # The pages compress what they give; an event stream is never compressed.
  gzip on;
  gzip_proxied any;
  gzip_vary on;
  gzip_min_length 1024;
  gzip_types application/json application/problem+json image/svg+xml;

  proxy_http_version 1.1;
`

function upstreamPages(pages: string): string {
  return `
  upstream pages {
    server ${pages};
    keepalive 32;
    keepalive_timeout 50s;
  }
`
}

/** A room behind one address can be an office: what is refused here is a flood. */
const limitZones = `
  limit_req_zone $binary_remote_addr zone=requests:10m rate=100r/s;
  limit_conn_zone $binary_remote_addr zone=connections:10m;
`

const limits = `
    # Of one client. Gateways have throttles of their own.
    limit_req zone=requests burst=300 nodelay;
    limit_req_status 429;
    limit_conn connections 200;
    limit_conn_status 429;
`

const upgrades = `
  map $http_upgrade $upgrade_connection { '' ''; default upgrade; }
`

const devConnection = `proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $upgrade_connection;`

const apiLocation = (tooMany: string): string => `    location /api/ {
      # Event streams reach the browser as they are written.
      proxy_buffering off;
      ${tooMany}error_page 502 504 = @systems_away;
      proxy_pass http://systems;
    }
`

const pagesLocation = (tooMany: string): string => `    location / {
      ${tooMany}error_page 502 504 = @pages_away;
      proxy_pass http://pages;
    }

    location @pages_away {
      internal;
      default_type text/html;
      add_header Retry-After 1 always;
      add_header Cache-Control no-store always;
      add_header X-Content-Type-Options nosniff always;
      add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
      return 503 '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="1"><title>The pages are starting</title><h1>The pages are starting</h1><p>This page asks again by itself, in a second.</p>';
    }
`

const everything = (tooMany: string): string => `    location / {
      proxy_buffering off;
      ${tooMany}error_page 502 504 = @systems_away;
      proxy_pass http://systems;
    }
`

const tooManyLocation = `
    location @too_many {
      internal;
      default_type application/problem+json;
      add_header Retry-After 1 always;
      add_header Cache-Control no-store always;
      add_header X-Content-Type-Options nosniff always;
      return 429 '{"type":"about:blank","title":"Too many requests","status":429,"code":"throttled"}';
    }
`
