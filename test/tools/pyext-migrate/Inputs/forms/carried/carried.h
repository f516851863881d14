#pragma once

int carried_detect(void);
PyObject *carried_format(int at);
