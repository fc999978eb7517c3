import { engines, name, version } from '../package.json';

export const PACKAGE_NAME = name;
export const VERSION = version;
export const USER_AGENT = `${PACKAGE_NAME}/${VERSION}`;
/** Where the registry of packages says which version is the newest. */
export const REGISTRY_URL = `https://registry.npmjs.org/-/package/${PACKAGE_NAME}/dist-tags`;
/** The oldest Node that this runs on: `20.19`. */
export const MIN_NODE = engines.node.replace('>=', '');
