const WITHDRAWN = 'withdrawn';

/** The plan, or what became of it, in order: created, updated, deleted. Null where this is no such JSON. */
export function readOutcome(text) {
  const plan = parse(text);
  if (!plan || ![plan.create, plan.update, plan.delete].every(Array.isArray)) return null;
  const items = [
    ...plan.create.map((item) => itemOf('+', 'create', item)),
    ...plan.update.map((item) => itemOf('~', 'update', item)),
    ...plan.delete.map((item) => itemOf('-', 'delete', item)),
  ];
  const done = (kind) => items.filter((item) => item.kind === kind && item.counts).length;
  return {
    items,
    counts: {
      ...{ created: done('create'), updated: done('update'), deleted: done('delete') },
      failed: items.filter(({ error }) => error !== null).length,
    },
    /** New secrets that are nowhere but in the store of this machine. */
    unplaced: plan.create.filter((item) => item.secret_stored === true && !item.handed_over?.length).length,
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Of all that the tool tells only this is shown: nothing of a secret. */
function itemOf(mark, kind, item) {
  const error = item.error ? String(item.error.message) : null;
  return {
    ...{ mark, kind, error },
    eventType: String(item.event_type),
    url: String(item.webhook_url),
    id: typeof item.id === 'string' ? item.id : '',
    details: detailsOf(kind, item),
    counts: error === null && item.status !== WITHDRAWN,
  };
}

function detailsOf(kind, { changes = {}, description = '', is_active = true, duplicate_of: older }) {
  if (kind === 'update') {
    return Object.entries(changes)
      .map(([name, { from, to }]) => `${name}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`)
      .join(', ');
  }
  if (kind === 'delete') return older ? `duplicate of ${older}` : '';
  return [
    ...(description === '' ? [] : [`description: ${JSON.stringify(description)}`]),
    ...(is_active ? [] : ['not active']),
  ].join(', ');
}
