# Writes a C++ file that holds files of the page, each also compressed.
# cmake -DOUT=FILE.cpp -DFILES="path;..." -P embed.cmake
set(types html text/html js text/javascript css text/css svg image/svg+xml)
set(arrays "")
set(table "")
set(number 0)
foreach(path ${FILES})
  get_filename_component(name ${path} NAME)
  get_filename_component(ending ${path} LAST_EXT)
  string(SUBSTRING ${ending} 1 -1 ending)
  list(FIND types ${ending} at)
  math(EXPR at "${at} + 1")
  list(GET types ${at} type)
  file(SHA256 ${path} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  file(ARCHIVE_CREATE OUTPUT ${OUT}.gz PATHS ${path} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  foreach(kind plain gzipped)
    if(kind STREQUAL plain)
      file(READ ${path} bytes HEX)
    else()
      file(READ ${OUT}.gz bytes HEX)
    endif()
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "constexpr unsigned char ${kind}_${number}[] = {${bytes}};\n")
  endforeach()
  string(APPEND table "    {\"${name}\", \"${type}; charset=utf-8\", \"${hash}\", view(plain_${number}), view(gzipped_${number})},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(REMOVE ${OUT}.gz)
file(WRITE ${OUT} "// Made by index/server/page/embed.cmake.
#include \"index/server/page_files.h\"

namespace barker {
namespace {

${arrays}
template <size_t size>
std::string_view view(const unsigned char (&bytes)[size]) {
  return {reinterpret_cast<const char*>(bytes), size};
}

const PageFile kFiles[] = {
${table}};

}  // namespace

const PageFile* find_page_file(std::string_view name) {
  for (const PageFile& file : kFiles) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

}  // namespace barker
")
