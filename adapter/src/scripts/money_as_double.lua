-- Money as Lua numbers: doubles. A number given to HSET is stored with 17 digits, and in a reply it loses its fraction.
local function money(text) return tonumber(text) end
local function plus(a, b) return a + b end
local function minus(a, b) return a - b end
local function less(a, b) return a < b end
local function written(a) return a end
