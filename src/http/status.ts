/** 2xx; null is no answer at all. */
export const isSuccess = (status: number | null): boolean => status !== null && status >= 200 && status < 300;
