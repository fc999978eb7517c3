/** `url.hostname` as an IP address without brackets, or the name as it is. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** `host:port`, the port always named: what people check first. */
export const hostAndPort = (url: URL): string =>
  url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host;
