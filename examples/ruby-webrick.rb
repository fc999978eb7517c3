# A receiver on WEBrick. Run it with: gem install webrick && KYC_SECRET=whsec_... PORT=3000 ruby ruby-webrick.rb
#
# The provider documents whsec_ secrets and HMAC, not how a delivery is signed. This is Standard Webhooks, which the
# sandbox signs with. `kycgenie listen` finds out how yours are signed; `kycgenie config get scheme` shows it then.
require 'json'
require 'openssl'
require 'webrick'

$stdout.sync = true

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1024 * 1024
MAX_SEEN = 10_000

# One secret, or during a rotation two with a space between. The key is the base64 after whsec_.
KEYS = ENV.fetch('KYC_SECRET').split.map { |secret| secret.delete_prefix('whsec_').tr('-_', '+/').unpack1('m') }
abort 'KYC_SECRET holds no secret' if KEYS.empty? || KEYS.any?(&:empty?)

# Ids of the events done. A database table with a unique id belongs here: memory is lost with the process.
SEEN = {}
LOCK = Mutex.new

def signed?(id, timestamp, signatures, body)
  return false if id.to_s.empty? || !/\A\d{1,12}\z/.match?(timestamp.to_s)
  return false if (Time.now.to_i - timestamp.to_i).abs > TOLERANCE_SECONDS

  KEYS.any? do |key|
    expected = "v1,#{[OpenSSL::HMAC.digest('SHA256', key, "#{id}.#{timestamp}.".b + body)].pack('m0')}"
    signatures.to_s.split.any? { |given| OpenSSL.secure_compare(expected, given) }
  end
end

# Only put the event in a queue here: the sender does not wait for long.
def handle(event)
  puts "screening completed: #{event['id']}" if event['event_type'] == 'screening.completed'
  # Types that are not known are no error: new ones come without notice.
end

class Receiver < WEBrick::HTTPServlet::AbstractServlet
  def do_POST(request, response)
    request.continue
    body = String.new # The bytes as they came: JSON that was parsed and written anew is not what was signed.
    request.body { |chunk| body << chunk if body.bytesize <= MAX_BODY_BYTES }
    raise WEBrick::HTTPStatus::RequestEntityTooLarge if body.bytesize > MAX_BODY_BYTES

    id = request['webhook-id']
    unless signed?(id, request['webhook-timestamp'], request['webhook-signature'], body)
      response.status = 401
      return
    end

    LOCK.synchronize do
      handle(JSON.parse(body)) unless SEEN.key?(id)
      SEEN[id] = true
      SEEN.shift if SEEN.size > MAX_SEEN
    end
    response.status = 200
  end

  def do_GET(_request, response)
    response.status = 405
    response['allow'] = 'POST'
  end
end

port = ENV.fetch('PORT', '3000').to_i
started = -> { warn "listening on http://127.0.0.1:#{port}/" }
server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: port, StartCallback: started, AccessLog: [])
server.mount('/', Receiver)
trap('TERM') { server.shutdown }
trap('INT') { server.shutdown }
server.start
