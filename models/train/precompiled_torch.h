// The headers that most units of the trainer include, compiled once for all of them. A unit
// includes what it uses all the same: clang-tidy reads every unit without this header.
#pragma once

#include <torch/torch.h>

#include "models/base/precompiled.h"
