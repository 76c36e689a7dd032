# mdoc(7), one page a program; each room adds its own
dist_man_MANS += man/sallyport.1 man/sallyport.conf.5

# completions, made from the manuals
BASH_WORDS = completions/bash/sallyport completions/bash/sallyport-rsync completions/bash/sallyport-syncd completions/bash/sallyport-tunnel
ZSH_WORDS = completions/zsh/_sallyport completions/zsh/_sallyport-rsync completions/zsh/_sallyport-syncd completions/zsh/_sallyport-tunnel
FISH_WORDS = completions/fish/sallyport.fish completions/fish/sallyport-rsync.fish completions/fish/sallyport-syncd.fish \
	completions/fish/sallyport-tunnel.fish
bashwordsdir = $(datadir)/bash-completion/completions
nodist_bashwords_DATA = $(BASH_WORDS)
zshwordsdir = $(datadir)/zsh/vendor-completions
nodist_zshwords_DATA = $(ZSH_WORDS)
fishwordsdir = $(datadir)/fish/vendor_completions.d
nodist_fishwords_DATA = $(FISH_WORDS)
CLEANFILES += $(BASH_WORDS) $(ZSH_WORDS) $(FISH_WORDS)
MAKE_WORDS = $(AM_V_GEN)mkdir -p $(@D) && p=$$(basename $@ .fish | sed 's/^_//') && \
	cat $(srcdir)/man/$$p.[18] | $(srcdir)/tools/completions $$(basename $(@D)) $$p > $@.new && mv $@.new $@
$(BASH_WORDS) $(ZSH_WORDS) $(FISH_WORDS): tools/completions $(dist_man_MANS)
	$(MAKE_WORDS)
SCRIPTS_T += t/tree/004-completions.t t/tree/005-manuals.t t/tree/006-examples.t
