/* SwiftPM wants a source file beside the header; the functions are in libgauze. */
#include "GauzeCoreFFI.h"
