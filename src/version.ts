import { name, version } from '../package.json';

export const PACKAGE_NAME = name;
export const VERSION = version;
export const USER_AGENT = `${PACKAGE_NAME}/${VERSION}`;
