//! The Lua scripts that write carts.

use ::redis::Script;
use events::inbox::redis::ACCEPT_FUNCTIONS;
use std::sync::LazyLock;

/// Lua functions: `unchanged(keys, arguments)` is true when the keys that were read still have the values that were read
/// (an empty text stands for a missing key); `write(keys, arguments)` sets the other keys (an empty text deletes one).
///
/// Both skip the first `keys` keys and `arguments` arguments. The arguments after that are the number of keys that were
/// read, their values, the time to live in seconds, and the values to write.
const COMPARE_AND_WRITE: &str = "
    local function unchanged(keys, arguments)
        for i = 1, tonumber(ARGV[arguments + 1]) do
            if (redis.call('GET', KEYS[keys + i]) or '') ~= ARGV[arguments + 1 + i] then return false end
        end
        return true
    end
    local function write(keys, arguments)
        local read = tonumber(ARGV[arguments + 1])
        local ttl = ARGV[arguments + read + 2]
        for i = read + 1, #KEYS - keys do
            local value = ARGV[arguments + 2 + i]
            if value == '' then
                redis.call('DEL', KEYS[keys + i])
            else
                redis.call('SET', KEYS[keys + i], value, 'EX', ttl)
            end
        end
    end";

/// Writes unless another writer came first; returns 1 when it wrote.
pub static WRITE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{COMPARE_AND_WRITE}
    if not unchanged(0, 0) then return 0 end
    write(0, 0)
    return 1"
    ))
});

/// Writes as the effect of an event, and marks the event as done. The inbox's keys and arguments come first. Returns 1
/// when it wrote and when the event was done before.
pub static WRITE_ONCE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{COMPARE_AND_WRITE}{ACCEPT_FUNCTIONS}
    if is_done() then return 1 end
    if not unchanged(4, 3) then return 0 end
    accept()
    write(4, 3)
    return 1"
    ))
});
