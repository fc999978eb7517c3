/** True for hosts that cannot leave this machine: `localhost`, 127.0.0.0/8, `::1`; as URL writes them. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
