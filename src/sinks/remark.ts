/** What is worth telling of a file that took a secret: it held something else, or everybody here may read it. */
export interface Remark {
  readonly kind: 'replaced' | 'open';
  readonly path: string;
}
