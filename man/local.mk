# mdoc(7), one page a program; each room adds its own
dist_man_MANS += man/sallyport.1 man/sallyport.conf.5
