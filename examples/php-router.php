<?php
// A receiver in plain PHP. Run it with: KYC_SECRET=whsec_... php -S 127.0.0.1:3000 php-router.php
//
// The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
// sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
declare(strict_types=1);

// Else PHP answers 200 to an event that fails, with the error in the answer, and the event is never sent again.
ini_set('display_errors', '0');

const TOLERANCE_SECONDS = 300;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SEEN = 10_000;

/** One secret, or during a rotation two with a space between. The key is the base64 after whsec_. */
function keys(): array
{
    $secrets = preg_split('/ /', getenv('KYC_SECRET') ?: '', -1, PREG_SPLIT_NO_EMPTY);
    $decode = fn (string $secret) => base64_decode(strtr(preg_replace('/^whsec_/', '', $secret), '-_', '+/'), true);
    return array_filter(array_map($decode, $secrets));
}

function isSigned(string $id, string $timestamp, string $signatures, string $body): bool
{
    if ($id === '' || !preg_match('/^\d{1,12}$/D', $timestamp)) return false;
    if (abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) return false;
    foreach (keys() as $key) {
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) return true;
        }
    }
    return false;
}

/** Only put the event in a queue here: the sender does not wait for long. */
function handle(array $event): void
{
    if (($event['event_type'] ?? '') === 'screening.completed') error_log("screening completed: {$event['id']}");
    // Types that are not known are no error: new ones come without notice.
}

/** Handles an event the first time that its id comes. A database table with a unique id belongs here, not a file. */
function handleOnce(string $id, string $body): void
{
    // Not in /tmp, where others could put a file or a link of that name.
    $file = fopen(getenv('KYC_SEEN_FILE') ?: __DIR__ . '/kyc-seen-events', 'c+');
    flock($file, LOCK_EX);
    $seen = explode("\n", stream_get_contents($file));
    if (in_array(sha1($id), $seen, true)) return;
    handle(json_decode($body, true, 512, JSON_THROW_ON_ERROR));
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, implode("\n", [...array_slice($seen, 1 - MAX_SEEN), sha1($id)]));
}

function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') return 405;
    // The bytes as they came: JSON that was decoded and encoded anew is not what was signed.
    $body = file_get_contents('php://input', length: MAX_BODY_BYTES + 1);
    if (strlen($body) > MAX_BODY_BYTES) return 413;
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!isSigned($id, $timestamp, $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '', $body)) return 401;
    handleOnce($id, $body);
    return 200;
}

$status = receive();
http_response_code($status);
if ($status === 405) header('Allow: POST');
