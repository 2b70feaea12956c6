#include "store/power_reader.h"
