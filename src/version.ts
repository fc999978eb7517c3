import { engines, name, repository, version } from '../package.json';

export const PACKAGE_NAME = name;
export const VERSION = version;
export const USER_AGENT = `${PACKAGE_NAME}/${VERSION}`;
/** Of the repository: `owner/name`. */
const REPOSITORY = repository.url.replace(/^.*github\.com\//, '').replace(/\.git$/, '');
/** Where the repository says which release is the newest. */
export const RELEASES_URL = `https://api.github.com/repos/${REPOSITORY}/releases/latest`;
/** The oldest Node that this runs on: `20.19`. */
export const MIN_NODE = engines.node.replace('>=', '');
