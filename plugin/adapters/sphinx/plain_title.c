#include "plugin/adapters/sphinx/plain_title.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the character at `text`, or 0 where the bytes are no UTF-8. */
static uint64_t character_size(const unsigned char* text, uint64_t size) {
  static const struct {
    unsigned char first, last; /* of the first byte */
    unsigned char low, high;   /* of the second */
    unsigned char size;
  } kForms[] = {
      {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
      {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
      {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
  };
  if (text[0] < 0x80) return 1;
  for (size_t i = 0; i < sizeof kForms / sizeof kForms[0]; ++i) {
    if (text[0] < kForms[i].first || text[0] > kForms[i].last) continue;
    if (size < kForms[i].size || text[1] < kForms[i].low || text[1] > kForms[i].high) return 0;
    for (unsigned char k = 2; k < kForms[i].size; ++k) {
      if ((text[k] & 0xC0) != 0x80) return 0;
    }
    return kForms[i].size;
  }
  return 0;
}

static const char* escaped(unsigned char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return NULL;
  }
}

char* plain_title(barker_string title, int is_html, uint64_t* size) {
  *size = 0;
  if (title.size > SIZE_MAX / 8) return NULL;
  char* const result = malloc(6 * title.size + 1); /* &quot; is the longest */
  if (!result) return NULL;
  char* end = result;
  for (uint64_t i = 0; i < title.size;) {
    const unsigned char* const at = (const unsigned char*)title.data + i;
    const uint64_t bytes = character_size(at, title.size - i);
    const char* text = bytes == 0                ? "\xEF\xBF\xBD"
                       : *at == 0                ? " "
                       : is_html && escaped(*at) ? escaped(*at)
                                                 : NULL;
    const uint64_t length = text ? strlen(text) : bytes;
    memcpy(end, text ? text : (const char*)at, length);
    end += length;
    i += bytes == 0 ? 1 : bytes;
  }
  *end = 0;
  *size = (uint64_t)(end - result);
  return result;
}
