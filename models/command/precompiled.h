// The headers that every command includes, compiled once for all commands of a program. A unit
// includes what it uses all the same: clang-tidy reads every unit without this header.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/base/precompiled.h"
