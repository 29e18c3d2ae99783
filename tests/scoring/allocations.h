// Counts the calls of operator new in the test program.
#pragma once

namespace barker {

long allocations();

// Whether the counter counts. A test that expects no allocation checks this first.
bool allocations_are_counted();

}  // namespace barker
