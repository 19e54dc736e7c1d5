-- The package's default vehicle as an OSRM profile: the same roads, the same directions, and length as the only cost.
-- Turn restrictions and turn costs are left out on purpose: the package knows none, and what is compared is the distance.

api_version = 4

local usable = {
  motorway = true, motorway_link = true, trunk = true, trunk_link = true, primary = true, primary_link = true,
  secondary = true, secondary_link = true, tertiary = true, tertiary_link = true, unclassified = true,
  residential = true, living_street = true, service = true, road = true, track = true,
}
local shut = {
  no = true, private = true, agricultural = true, forestry = true, delivery = true, emergency = true, military = true,
}
local opened = { pedestrian = true, footway = true, path = true }
local opening = { yes = true, designated = true, permissive = true }
local stopping = {
  bollard = true, block = true, jersey_barrier = true, planter = true, log = true, debris = true, chain = true,
  cycle_barrier = true, motorcycle_barrier = true, bus_trap = true, sump_buster = true, kissing_gate = true,
  wicket_gate = true, stile = true, horse_stile = true, turnstile = true, ['full-height_turnstile'] = true,
}
local access_keys = { 'motorcar', 'motor_vehicle', 'vehicle', 'access' }

function setup()
  return {
    properties = {
      weight_name = 'distance',
      -- Centimetres: with the default of one decimal every piece is rounded to 10 cm before the shortest way is chosen.
      weight_precision = 2,
      u_turn_penalty = 0,
      traffic_signal_penalty = 0,
      continue_straight_at_waypoint = false,
      use_turn_restrictions = false,
      max_speed_for_map_matching = 20,
    },
  }
end

-- The most specific access key that is there, and its value.
local function access(thing)
  for _, key in ipairs(access_keys) do
    local value = thing:get_value_by_key(key)
    if value and value ~= '' then return key, value end
  end
end

function process_node(profile, node, result)
  local kind = node:get_value_by_key('barrier')
  if not kind or kind == '' then return end
  local key, value = access(node)
  if key then result.barrier = shut[value] or false else result.barrier = stopping[kind] or false end
end

function process_way(profile, way, result)
  local function tag(key)
    local value = way:get_value_by_key(key)
    if value ~= '' then return value end
  end
  local highway = tag('highway')
  if not highway or tag('area') == 'yes' then return end
  local key, value = access(way)
  if opened[highway] then
    if not key or key == 'access' or not opening[value] then return end
  elseif not usable[highway] or (key and shut[value]) then
    return
  end
  local grade = tag('tracktype')
  if highway == 'track' and (grade == 'grade4' or grade == 'grade5') then return end

  local oneway = tag('oneway:motorcar') or tag('oneway:motor_vehicle') or tag('oneway:vehicle') or tag('oneway')
  local junction = tag('junction')
  local forward, backward = true, true
  if oneway == 'yes' or oneway == 'true' or oneway == '1' then
    backward = false
  elseif oneway == '-1' or oneway == 'reverse' then
    forward = false
  elseif not oneway and (junction == 'roundabout' or junction == 'circular' or highway == 'motorway') then
    backward = false
  end
  result.forward_mode = forward and mode.driving or mode.inaccessible
  result.backward_mode = backward and mode.driving or mode.inaccessible
  -- Cost is length divided by rate; speed does not enter it, but a way without one is dropped.
  result.forward_rate = 1
  result.backward_rate = 1
  result.forward_speed = 36
  result.backward_speed = 36
end

function process_turn(profile, turn)
  turn.weight = 0
  turn.duration = 0
end

return { setup = setup, process_node = process_node, process_way = process_way, process_turn = process_turn }
