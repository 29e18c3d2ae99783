// Looks at every page of an LMDB file before LMDB does. LMDB trusts its file: a page that is
// missing or damaged ends the process with a signal when it is read. Here it is an error with its
// number.
//
// The format is that of LMDB 0.9, data version 1, with 64-bit page numbers, little-endian. What the
// pages hold as values is not looked at. Takes about a second for each GB that is in the page
// cache.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"

namespace barker {

// Checks the pages that the transaction `txn` of the file can reach. The caller holds a read
// transaction of that number, so that no process changes them meanwhile.
Status check_lmdb_file(const std::string& path, uint64_t txn);

}  // namespace barker
