#!/bin/sh
# A quorum queue of RabbitMQ 4.0 drops a message when somebody has looked at it twenty times.
#
# One expects: to look at a queue of dead letters, a client takes a message and returns it (basic.get, basic.nack with requeue; the
# management page does the same), and the message is there afterwards, as in RabbitMQ 3.
# What happens: quorum queues have a delivery limit of 20 unless they were declared with another one, and every return counts.
# After that a message goes to the dead-letter exchange of its queue. A queue of dead letters has none: the message is gone, without
# an error at either side. RabbitMQ 4.3 does not count returns by basic.nack.
# Why a shop is hurt: the events that were set aside for a person vanish because somebody watched them, or a monitoring job did. Declare
# the queue of dead letters with a high x-delivery-limit too (-1 is no way out: RabbitMQ 3.10 drops at the first return).
#
# Versions: rabbitmq-server 4.0 of Debian trixie, pika 1.3.2 (PyPI). Needs root, for a mount namespace. Takes a minute.
# Source: observed here; https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling has the limit.
set -eu

folder=$(mktemp -d)
names= server=
finish() {
  for process in $server $names; do
    kill "$process" 2> /dev/null || true
    wait "$process" 2> /dev/null || true
  done
  rm -rf "$folder"
}
trap finish EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet pika==1.3.2
command -v mmdebstrap > /dev/null || apt-get install -y -qq --no-install-recommends mmdebstrap
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
mmdebstrap --quiet --variant=extract --include=dash,bash,coreutils,sed,grep,gawk,hostname,findutils,procps,rabbitmq-server \
  trixie root "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main"
ln -s gawk root/usr/bin/awk
# The server sees the unpacked /usr, and nothing is installed.
cat > inside <<'END'
#!/bin/sh
exec unshare --mount sh -c 'mount --bind "$0/usr" /usr && export LC_ALL=C && exec "$@"' "$(dirname "$0")/root" "$@"
END
chmod +x inside
basename root/usr/lib/rabbitmq/lib/rabbitmq_server-*
port() { python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])'; }
amqp=$(port)
loopback='-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}'
export HOME="$folder" RABBITMQ_NODENAME="looked$amqp@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$amqp"
export RABBITMQ_DIST_PORT="$(port)" ERL_EPMD_PORT="$(port)" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_LOGS=- RABBITMQ_LOG_BASE="$folder"
export RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_CONF_ENV_FILE="$folder/environment"
export RABBITMQ_CONFIG_FILE="$folder/rabbitmq" RABBITMQ_PID_FILE="$folder/pid" RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$loopback"
echo '[].' > plugins
touch environment
printf 'vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 100MB\n' > rabbitmq.conf
"$folder/inside" epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
names=$!
sleep 1
"$folder/inside" /usr/lib/rabbitmq/bin/rabbitmq-server > log 2>&1 &
server=$!

cat > look.py <<'END'
import sys, time
import pika

for _ in range(120):
    try:
        channel = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", int(sys.argv[1]))).channel()
        break
    except pika.exceptions.AMQPConnectionError:
        time.sleep(0.5)
channel.confirm_delivery()

def looks(queue, arguments, most):
    """Takes and returns the only message of a queue until it is gone, and returns how often it was seen."""
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum", **arguments})
    channel.basic_publish("", queue, b"an order that nobody could process")
    for seen in range(most):
        method, _, _ = channel.basic_get(queue)
        if method is None:
            # The return may still be under way.
            time.sleep(1)
            method, _, _ = channel.basic_get(queue)
            if method is None:
                return seen
        channel.basic_nack(method.delivery_tag, requeue=True)
    return None

default, limited = looks("default", {}, 60), looks("limited", {"x-delivery-limit": 10000}, 60)
print("seen before it was gone: by default", default, "times; with a limit of 10,000", limited or "still there after 60")
sys.exit(not (default is not None and 15 <= default <= 25 and limited is None))
END
if env/bin/python look.py "$amqp"; then
  echo "as described: the message is gone"
else
  echo "CHANGED"
  tail -n 20 log
  exit 1
fi
