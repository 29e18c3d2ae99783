// SIGTERM and SIGINT as something to wait for, so that a server can end what it does first.
#pragma once

#include <chrono>

namespace barker {

// Blocks both signals in this thread and in every thread that it starts from now on. Call it before
// the first thread is started.
void block_stop_signals();

// Waits for one of the two signals.
void wait_for_stop_signal();

// The same for a limited time. Returns whether one came.
bool wait_for_stop_signal(std::chrono::milliseconds at_most);

}  // namespace barker
