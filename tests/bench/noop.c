/* SPDX-License-Identifier: Apache-2.0 */
/* noop: the shortest process there is, linked statically: what exec storms start. */
int main(void)
{
	return 0;
}
