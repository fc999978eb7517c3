/** The versions of the API that are spoken here. */
export const API_VERSIONS = ['v1', 'v2'] as const;
