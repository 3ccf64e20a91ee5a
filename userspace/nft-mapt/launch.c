// SPDX-License-Identifier: GPL-2.0
/* nft-mapt: the installed nft, with libnft-mapt.so in front of libnftables. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY		"libnft-mapt.so"
#define MODE		"NFT_MAPT_MODE"

static bool exists(const char *path)
{
	return !access(path, R_OK);
}

/* Beside this program where it was built, else where they were installed. */
static bool find_library(char *path, size_t size)
{
	static const char * const places[] = {
		"/" LIBRARY, "/../lib/" LIBRARY,
	};
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;
	size_t i;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	for (i = 0; slash && i < 2; i++) {
		snprintf(slash, size - (slash - path), "%s", places[i]);
		if (exists(path))
			return true;
	}
	snprintf(path, size, "%s/" LIBRARY, LIBDIR);
	return exists(path);
}

/* Whether @path is this program under another name. */
static bool is_self(const char *path)
{
	struct stat self, other;

	return !stat("/proc/self/exe", &self) && !stat(path, &other) &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* The first nft on $PATH or, as the user of sudo-less shells has it, in sbin. */
static bool find_nft(char *path, size_t size)
{
	const char *dirs = getenv("PATH"), *end;
	char all[PATH_MAX];

	snprintf(all, sizeof(all), "%s%s/usr/local/sbin:/usr/sbin:/sbin",
		 dirs ? dirs : "", dirs ? ":" : "");
	for (dirs = all; *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		snprintf(path, size, "%.*s/nft", (int)(end - dirs), dirs);
		if (!access(path, X_OK) && !is_self(path))
			return true;
	}
	return false;
}

/* What @file needs to be loaded with: whether libnftables is part of that. */
static bool needs_libnftables(const void *file, size_t size)
{
	static const char name[] = "libnftables.so.";

	/* names of libraries are in the string table, which is in the file */
	return memmem(file, size, name, strlen(name));
}

static bool has_interpreter(const ElfW(Ehdr) *ehdr, size_t size)
{
	const ElfW(Phdr) *phdr;
	size_t i;

	for (i = 0; i < ehdr->e_phnum; i++) {
		size_t pos = ehdr->e_phoff + i * ehdr->e_phentsize;

		if (ehdr->e_phoff > size || pos > size ||
		    size - pos < sizeof(*phdr))
			return false;
		phdr = (const void *)((const char *)ehdr + pos);
		if (phdr->p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* An nft that has libnftables in itself can have nothing in front of it. */
static bool is_static(const char *path)
{
	const ElfW(Ehdr) *ehdr;
	struct stat st;
	bool is = false;
	void *file;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(*ehdr)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return false;
	ehdr = file;
	if (!memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	    ehdr->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 :
							       ELFCLASS32))
		is = !has_interpreter(ehdr, st.st_size) ||
		     !needs_libnftables(file, st.st_size);
	munmap(file, st.st_size);
	return is;
}

static int preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *value;

	if (!others || !*others)
		return setenv("LD_PRELOAD", library, 1);
	if (asprintf(&value, "%s:%s", library, others) < 0)
		return -1;
	return setenv("LD_PRELOAD", value, 1);
}

int main(int argc, char **argv)
{
	const char *mode = getenv(MODE);
	char library[PATH_MAX], nft[PATH_MAX];

	(void)argc;
	if (!find_nft(nft, sizeof(nft))) {
		fputs("nft-mapt: no nft is installed (apt install nftables)\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if (!mode || strcmp(mode, "native")) {
		if (!find_library(library, sizeof(library))) {
			fprintf(stderr,
				"nft-mapt: %s is missing (make install)\n",
				library);
			return EXIT_FAILURE;
		}
		if (is_static(nft)) {
			fprintf(stderr,
				"nft-mapt: %s is linked statically: nothing can be put in front of its libnftables; install one that uses libnftables.so.1\n",
				nft);
			return EXIT_FAILURE;
		}
		if (preload(library)) {
			perror("nft-mapt");
			return EXIT_FAILURE;
		}
	}
	argv[0] = (char *)"nft";
	execv(nft, argv);
	fprintf(stderr, "nft-mapt: %s: %s\n", nft, strerror(errno));
	return EXIT_FAILURE;
}
