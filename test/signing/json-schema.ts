/** As much of JSON Schema 2020-12 as the published schemas use; an unknown keyword throws. */
export function accepts(schema: unknown, value: unknown, root: unknown = schema): boolean {
  return Object.entries(asRecord(schema)).every(([keyword, rule]) =>
    keep(keyword, rule, value, root, schema),
  );
}

const ANNOTATIONS = new Set(['$schema', '$defs', 'title', 'description', 'default']);

function keep(keyword: string, rule: unknown, value: unknown, root: unknown, schema: unknown): boolean {
  if (ANNOTATIONS.has(keyword)) return true;
  switch (keyword) {
    case '$ref':
      return accepts(lookUp(root, String(rule)), value, root);
    case 'type':
      return typeOf(value) === rule;
    case 'const':
      return value === rule;
    case 'enum':
      return asList(rule).includes(value);
    case 'pattern':
      return typeof value !== 'string' || new RegExp(String(rule), 'u').test(value);
    case 'oneOf':
      return asList(rule).filter((option) => accepts(option, value, root)).length === 1;
    case 'minItems':
      return !Array.isArray(value) || value.length >= Number(rule);
    case 'maxItems':
      return !Array.isArray(value) || value.length <= Number(rule);
    case 'items':
      return !Array.isArray(value) || value.every((item) => accepts(rule, item, root));
    case 'required':
      return (
        typeOf(value) !== 'object' || asList(rule).every((key) => Object.hasOwn(asRecord(value), String(key)))
      );
    case 'properties':
      return (
        typeOf(value) !== 'object' ||
        Object.entries(asRecord(rule)).every(
          ([key, inner]) =>
            !Object.hasOwn(asRecord(value), key) || accepts(inner, asRecord(value)[key], root),
        )
      );
    case 'additionalProperties':
      return (
        typeOf(value) !== 'object' ||
        Object.keys(asRecord(value)).every((key) =>
          Object.hasOwn(asRecord(asRecord(schema)['properties']), key),
        )
      );
    default:
      throw new Error(`Unknown keyword ${keyword}`);
  }
}

function lookUp(root: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce((node: unknown, key) => asRecord(node)[key], root);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
